import CPackKernels
import PackCore

/// What a model takes and gives, by position.
extension Session {
    /// Number of inputs.
    public var inputCount: Int { plan.inputs.count }
    /// Number of outputs.
    public var outputCount: Int { plan.outputs.count }

    /// Name of an input, UTF-8.
    public func inputName(_ input: Int) -> UnsafeBufferPointer<UInt8> { plan.string(value(ofInput: input).name) }
    /// Element type of an input.
    public func inputDType(_ input: Int) -> DType { DType(rawValue: value(ofInput: input).dtype) ?? .u8 }
    /// Number of axes of an input.
    public func inputRank(_ input: Int) -> Int { Int(value(ofInput: input).rank) }

    /// The extent that an axis of an input must have; nil where it is free.
    public func inputDimension(_ input: Int, _ axis: Int) -> Int? {
        let expression = plan.expressions[Int(plan.dimensions(of: value(ofInput: input))[axis])]
        return expression.kind == PACK_PLAN_CONSTANT.rawValue ? Int(expression.b) : nil
    }

    /// `setInputShape` with an array.
    public func setInputShape(_ input: Int, _ dimensions: [Int]) throws(RuntimeError) {
        try dimensions.withUnsafeBufferPointer { dimensions throws(RuntimeError) in
            try setInputShape(input, dimensions)
        }
    }

    /// `setSegments` with an array.
    public func setSegments(_ ends: [Int]) throws(RuntimeError) {
        try ends.withUnsafeBufferPointer { ends throws(RuntimeError) in try setSegments(ends) }
    }

    /// Where to write an input's elements, row-major; valid after `prepare` until `run`.
    public func inputBytes(_ input: Int) -> UnsafeMutableRawBufferPointer {
        let tensor = tensors[Int(plan.inputs[input])]
        return UnsafeMutableRawBufferPointer(start: tensor.data, count: Int(tensor.bytes))
    }

    /// Name of an output, UTF-8.
    public func outputName(_ output: Int) -> UnsafeBufferPointer<UInt8> { plan.string(value(ofOutput: output).name) }
    /// Element type of an output.
    public func outputDType(_ output: Int) -> DType { DType(rawValue: value(ofOutput: output).dtype) ?? .u8 }
    /// Number of axes of an output.
    public func outputRank(_ output: Int) -> Int { Int(value(ofOutput: output).rank) }
    /// The extent that an axis of an output has in every answer; nil where it is free.
    public func fixedOutputDimension(_ output: Int, _ axis: Int) -> Int? {
        let expression = plan.expressions[Int(plan.dimensions(of: value(ofOutput: output))[axis])]
        return expression.kind == PACK_PLAN_CONSTANT.rawValue ? Int(expression.b) : nil
    }
    /// Extent of an axis of an output; valid after `run`, and after `prepare` where it follows from the inputs' shapes.
    public func outputDimension(_ output: Int, _ axis: Int) -> Int {
        Int(tensors[Int(plan.outputs[output])].shape[axis])
    }

    /// An output's elements, row-major; valid after `run` until the next `prepare` or `run`.
    public func outputBytes(_ output: Int) -> UnsafeRawBufferPointer {
        let tensor = tensors[Int(plan.outputs[output])]
        return UnsafeRawBufferPointer(start: tensor.data, count: Int(tensor.bytes))
    }

    /// What the model answers.
    public var task: TaskKind { plan.task }
    /// Number of classes of a classifier.
    public var labelCount: Int { plan.labels.count }
    /// Name of a class, UTF-8.
    public func label(_ index: Int) -> UnsafeBufferPointer<UInt8> { plan.string(plan.labels[index]) }
    /// Tokens that a text is cut to.
    public var maximumTokens: Int { plan.maximumTokens }
    /// The tokenizer's table; nil where the model takes no text.
    public var tokenizerTable: UnsafeRawBufferPointer? { plan.tokenizer.isEmpty ? nil : plan.tokenizer }

    private func value(ofInput input: Int) -> pack_plan_value { plan.values[Int(plan.inputs[input])] }
    private func value(ofOutput output: Int) -> pack_plan_value { plan.values[Int(plan.outputs[output])] }
}
