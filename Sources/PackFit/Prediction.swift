/// What a bundle will be, before it is made.
public struct Prediction: Hashable, Sendable {
    /// `none`, `fp16`, `int8`, …, as `pack slim --quantize` takes it.
    public var quantization: String
    /// Bytes of all files of the bundle.
    public var unpackedBytes: Int
    /// Bytes of its zip, where known.
    public var zippedBytes: Int?
    /// Bytes of the runtime in it.
    public var runtimeBytes: Int
    /// Bytes of the weights in it.
    public var weightsBytes: Int
    /// Bytes of memory at the peak, mapped pages included.
    public var peakMemoryBytes: Int
    /// How the numbers were got.
    public var how: Known.How
    /// By how much they may be off, as a share: 0.02 stands for two percent either way.
    public var tolerance: Double

    /// Describes a prediction.
    public init(
        quantization: String, unpackedBytes: Int, zippedBytes: Int?, runtimeBytes: Int, weightsBytes: Int,
        peakMemoryBytes: Int, how: Known.How, tolerance: Double
    ) {
        self.quantization = quantization
        self.unpackedBytes = unpackedBytes
        self.zippedBytes = zippedBytes
        self.runtimeBytes = runtimeBytes
        self.weightsBytes = weightsBytes
        self.peakMemoryBytes = peakMemoryBytes
        self.how = how
        self.tolerance = tolerance
    }

    /// What a platform is told about such a bundle: static, for both architectures, writing nothing to disk.
    public var facts: FitFacts {
        var facts = FitFacts()
        facts.unpacked = known(unpackedBytes)
        facts.zipped = zippedBytes.map(known)
        facts.image = known(unpackedBytes)
        facts.peakMemory = known(peakMemoryBytes)
        facts.written = Known(0, .computed)
        facts.architectures = [.init(name: "x86_64"), .init(name: "arm64")]
        facts.libc = .nothing
        return facts
    }

    private func known(_ bytes: Int) -> Known {
        let bytes = Double(bytes)
        return Known(
            low: (bytes * (1 - tolerance)).rounded(.down), high: (bytes * (1 + tolerance)).rounded(.up), how: how)
    }
}
