import PackCore

/// A model that can be run, as the predictor sees it; `Session` behind an adapter, or a stand-in.
///
/// Elements of string tensors are codes of texts.
///
/// The order of calls: `setInputShape` for each input, `setTextEnds` for texts without padding, `prepare`, fill `inputBytes`, `run`, read outputs.
public protocol InferenceEngine: AnyObject {
    /// What the model answers.
    var task: TaskKind { get }
    /// Number of classes that have a name.
    var labelCount: Int { get }
    /// Name of a class, UTF-8.
    func label(_ index: Int) -> UnsafeBufferPointer<UInt8>
    /// Tokens that a text is cut to; 0 if the model does not say.
    var maximumTokens: Int { get }

    /// Number of inputs.
    var inputCount: Int { get }
    /// Name of an input, UTF-8.
    func inputName(_ input: Int) -> UnsafeBufferPointer<UInt8>
    /// Element type of an input.
    func inputDType(_ input: Int) -> DType
    /// Number of axes of an input.
    func inputRank(_ input: Int) -> Int
    /// The extent that an axis must have; nil where it is free.
    func inputDimension(_ input: Int, _ axis: Int) -> Int?

    /// Whether texts can be computed side by side without padding.
    var packsTexts: Bool { get }

    /// Says what shape an input of the next request has.
    func setInputShape(_ input: Int, _ dimensions: UnsafeBufferPointer<Int>) throws(RequestError)
    /// Says that the inputs, all [1, tokens], hold several texts side by side. Outputs have a row for each text, or are
    /// [1, tokens, ..].
    ///
    /// - Parameter ends: For each text, the tokens up to its end.
    func setTextEnds(_ ends: UnsafeBufferPointer<Int>) throws(RequestError)
    /// Makes room for a request of these shapes.
    func prepare() throws(RequestError)
    /// Where to write an input's elements, row-major.
    func inputBytes(_ input: Int) -> UnsafeMutableRawBufferPointer
    /// The code of a text, to write as an element of a string input before `run`.
    func code(of text: UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64
    /// Computes the outputs.
    func run() throws(RequestError)

    /// Number of outputs.
    var outputCount: Int { get }
    /// Name of an output, UTF-8.
    func outputName(_ output: Int) -> UnsafeBufferPointer<UInt8>
    /// Element type of an output.
    func outputDType(_ output: Int) -> DType
    /// Number of axes of an output.
    func outputRank(_ output: Int) -> Int
    /// The extent that an axis of an output has in every answer; nil where it is free.
    func fixedOutputDimension(_ output: Int, _ axis: Int) -> Int?
    /// Extent of an axis of an output.
    func outputDimension(_ output: Int, _ axis: Int) -> Int
    /// An output's elements, row-major.
    func outputBytes(_ output: Int) -> UnsafeRawBufferPointer
    /// The text of an element of a string output, UTF-8.
    func text(_ code: Int64) -> UnsafeBufferPointer<UInt8>
}

/// For models that take and give numbers only, and those that take rows of texts.
extension InferenceEngine {
    /// No extent is known beforehand.
    public func fixedOutputDimension(_ output: Int, _ axis: Int) -> Int? { nil }
    /// Texts are rows.
    public var packsTexts: Bool { false }
    /// Refuses every batch.
    public func setTextEnds(_ ends: UnsafeBufferPointer<Int>) throws(RequestError) { throw RequestError(.failed) }
    /// Refuses every text.
    public func code(of text: UnsafeBufferPointer<UInt8>) throws(RequestError) -> Int64 { throw RequestError(.failed) }
    /// No text.
    public func text(_ code: Int64) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: nil, count: 0) }
}
