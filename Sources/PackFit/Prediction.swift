import PackProfiles

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
    /// What the runtime has more in bundles for platforms that start containers and speak HTTP to them.
    public var container: Extra?
    /// What storing the weights so does to them; nil where nothing is known.
    public var loss: Loss?
    /// What should be known of it besides.
    public var note: String?

    /// Bytes that a runtime has more than another one.
    public struct Extra: Hashable, Sendable {
        /// As they are.
        public var bytes: Int
        /// In a zip.
        public var zippedBytes: Int

        /// Describes what is more.
        public init(bytes: Int, zippedBytes: Int) { (self.bytes, self.zippedBytes) = (bytes, zippedBytes) }
    }

    /// The error that storing weights brings to the weights themselves. It is not the outputs' accuracy, which only running
    /// the model can tell.
    public struct Loss: Hashable, Sendable {
        /// The root of the mean squared error over the root of the mean square, of the weight with the largest.
        public var error: Double
        /// Name of that weight.
        public var weight: String
        /// How it was got.
        public var how: Known.How

        /// Describes a loss.
        public init(error: Double, weight: String, how: Known.How) {
            self.error = error
            self.weight = weight
            self.how = how
        }
    }

    /// Describes a prediction.
    public init(
        quantization: String, unpackedBytes: Int, zippedBytes: Int?, runtimeBytes: Int, weightsBytes: Int,
        peakMemoryBytes: Int, how: Known.How, tolerance: Double, container: Extra? = nil, loss: Loss? = nil,
        note: String? = nil
    ) {
        self.quantization = quantization
        self.unpackedBytes = unpackedBytes
        self.zippedBytes = zippedBytes
        self.runtimeBytes = runtimeBytes
        self.weightsBytes = weightsBytes
        self.peakMemoryBytes = peakMemoryBytes
        self.how = how
        self.tolerance = tolerance
        self.container = container
        self.loss = loss
        self.note = note
    }

    /// The bundle with the runtime that a platform gets.
    public func bundle(for profile: Profile) -> Prediction {
        guard let container, profile.requestProtocol == .http else { return self }
        var bundle = self
        bundle.unpackedBytes += container.bytes
        bundle.runtimeBytes += container.bytes
        bundle.peakMemoryBytes += container.bytes
        bundle.zippedBytes = zippedBytes.map { $0 + container.zippedBytes }
        bundle.container = nil
        return bundle
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
