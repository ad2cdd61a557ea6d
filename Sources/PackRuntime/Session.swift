public import CPackKernels
import CPackSystem
import PackCore

/// A model that can be run: a plan, the memory of its activations, the kernels of this CPU and a pool of threads.
///
/// Use: `setInputShape` for each input, `prepare`, fill `inputBytes`, `run`, read `outputBytes`. Shapes are planned once and
/// kept until they change. Memory grows when shapes need more than any before and is never given back; a request with shapes
/// no larger than an earlier one allocates nothing. Not safe for use from several threads at once.
public final class Session {
    /// The plan that is run.
    public let plan: PlanView
    /// The kernels chosen for this CPU.
    public let kernels: UnsafePointer<pack_kernels>
    let pool: OpaquePointer?
    private let owner: AnyObject?
    /// One tensor a value of the plan.
    let tensors: UnsafeMutableBufferPointer<pack_tensor>
    /// One evaluated entry a record of the dimensions section; tensors' shapes point into it.
    let extents: UnsafeMutableBufferPointer<Int64>
    private let symbolValues: UnsafeMutableBufferPointer<Int64>
    private let expressionValues: UnsafeMutableBufferPointer<Int64>
    private let steps: UnsafeMutableBufferPointer<pack_step>
    private let functions: UnsafeMutableBufferPointer<pack_operator?>
    private let arguments: UnsafeMutableBufferPointer<UnsafeMutablePointer<pack_tensor>?>
    private let requested: UnsafeMutableBufferPointer<Int64>
    private let firstRequested: UnsafeMutableBufferPointer<Int>
    /// For each value, the offset of its buffer in the arena; aliases and constants have none.
    private let offsets: UnsafeMutableBufferPointer<Int>
    /// For each value that owns a buffer, the last step that reads it; `Int.max` for outputs.
    private let lastUse: UnsafeMutableBufferPointer<Int>
    private var planner: ArenaPlanner
    private var memory: UnsafeMutableRawPointer?
    private var memoryBytes = 0
    private var isPrepared = false
    private var shapesChanged = true
    /// Bytes of activations and scratch memory for the shapes prepared last.
    public private(set) var arenaBytes = 0

    /// Opens a plan.
    ///
    /// - Parameters:
    ///   - bytes: The plan file, 64-byte aligned; it must outlive the session, or belong to `owner`.
    ///   - threads: Threads to compute with, the caller's included; at least one.
    ///   - instructionSet: A name of `pack_kernels.h` to force, or nil for the best that the CPU has.
    ///   - owner: What keeps the bytes alive, if something does; the session keeps it.
    /// - Throws: `RuntimeError` if the plan is invalid or needs what this runtime or CPU lacks.
    public init(
        plan bytes: UnsafeRawBufferPointer, threads: Int, instructionSet: UnsafePointer<CChar>? = nil,
        keeping owner: AnyObject? = nil
    ) throws(RuntimeError) {
        do throws(PlanError) { plan = try PlanView(bytes) } catch { throw .plan(error) }
        guard let kernels = Session.selectKernels(instructionSet) else { throw .unavailableInstructionSet }
        self.kernels = UnsafePointer(kernels)
        self.owner = owner
        pool = pack_pool_create(UInt32(clamping: Swift.max(threads, 1)))
        tensors = .zeroed(plan.values.count)
        extents = .zeroed(plan.dimensions.count)
        symbolValues = .zeroed(plan.symbols.count)
        expressionValues = .zeroed(plan.expressions.count)
        steps = .zeroed(plan.steps.count)
        functions = .zeroed(plan.steps.count)
        arguments = .zeroed(plan.arguments.count)
        offsets = .zeroed(plan.values.count)
        lastUse = .zeroed(plan.values.count)
        firstRequested = .zeroed(plan.inputs.count)
        var ranks = 0
        for (index, input) in plan.inputs.enumerated() {
            firstRequested[index] = ranks
            ranks += Int(plan.values[Int(input)].rank)
        }
        requested = .zeroed(ranks)
        planner = ArenaPlanner(capacity: plan.values.count)
        bindTensors()
        findLifetimes()
        try bindSteps()
    }

    deinit {
        pack_pool_destroy(pool)
        UnsafeMutablePointer(mutating: kernels).deallocate()
        if let memory { pack_memory_free(memory, memoryBytes) }
        tensors.deallocate()
        extents.deallocate()
        symbolValues.deallocate()
        expressionValues.deallocate()
        steps.deallocate()
        functions.deallocate()
        arguments.deallocate()
        offsets.deallocate()
        lastUse.deallocate()
        firstRequested.deallocate()
        requested.deallocate()
        planner.deallocate()
    }

    // MARK: Shapes

    /// Says what shape an input of the next request has.
    ///
    /// - Throws: `RuntimeError.inputRank` or `.inputTooLong`; whether dimensions agree is checked by `prepare`.
    public func setInputShape(_ input: Int, _ dimensions: UnsafeBufferPointer<Int>) throws(RuntimeError) {
        let value = plan.values[Int(plan.inputs[input])]
        guard dimensions.count == Int(value.rank) else {
            throw .inputRank(input: input, found: dimensions.count, expected: Int(value.rank))
        }
        for (axis, extent) in dimensions.enumerated() {
            let slot = firstRequested[input] + axis
            if requested[slot] != Int64(extent) {
                requested[slot] = Int64(extent)
                shapesChanged = true
            }
        }
    }

    /// Plans the memory of a request with the input shapes set before. Costs nothing if they are those of the last request.
    ///
    /// - Throws: `RuntimeError` if shapes contradict the model or need more memory than there is.
    public func prepare() throws(RuntimeError) {
        if isPrepared && !shapesChanged { return }
        isPrepared = false
        let scratch = try planMemory()
        let total = arenaBytes + scratch
        if total > memoryBytes { try grow(to: total) }
        for (index, value) in plan.values.enumerated() {
            switch UInt32(value.kind) {
            case PACK_PLAN_ACTIVATION.rawValue, PACK_PLAN_INPUT.rawValue:
                tensors[index].data = memory?.advanced(by: offsets[index])
            case PACK_PLAN_ALIAS.rawValue: tensors[index].data = tensors[Int(value.data_offset)].data
            default: break
            }
        }
        for index in 0..<steps.count { steps[index].scratch = memory?.advanced(by: arenaBytes) }
        arenaBytes = total
        shapesChanged = false
        isPrepared = true
    }

    /// The bytes of activations and scratch memory that `prepare` would need, found without taking them.
    public func predictArenaBytes() throws(RuntimeError) -> Int {
        isPrepared = false
        shapesChanged = true
        return try planMemory() + arenaBytes
    }

    /// Evaluates shapes, places activations, and returns the bytes of scratch memory.
    private func planMemory() throws(RuntimeError) -> Int {
        try bindSymbols()
        try evaluateShapes()
        try placeActivations()
        var scratch = 0
        for index in 0..<steps.count {
            guard let function = functions[index] else { throw .missingOperator(step: index, id: 0) }
            let needed = withUnsafePointer(to: steps[index]) { function($0, 0) }
            guard needed >= 0 else { throw .operatorFailed(step: index, code: Int(needed)) }
            scratch = Swift.max(scratch, Int(needed))
        }
        return scratch
    }

    private func bindSymbols() throws(RuntimeError) {
        for index in 0..<symbolValues.count { symbolValues[index] = -1 }
        for (input, index) in plan.inputs.enumerated() {
            for (axis, dimension) in plan.dimensions(of: plan.values[Int(index)]).enumerated() {
                let expression = plan.expressions[Int(dimension)]
                let found = requested[firstRequested[input] + axis]
                guard found >= 0 else {
                    throw .inputDimension(input: input, axis: axis, found: Int(found), expected: 0)
                }
                guard expression.kind == PACK_PLAN_SYMBOL.rawValue else { continue }
                let symbol = Int(expression.a)
                guard found <= plan.symbols[symbol].maximum else {
                    throw .inputTooLong(
                        input: input, axis: axis, found: Int(found), maximum: Int(plan.symbols[symbol].maximum))
                }
                if symbolValues[symbol] < 0 { symbolValues[symbol] = found }
            }
        }
    }

    private func evaluateShapes() throws(RuntimeError) {
        for (index, expression) in plan.expressions.enumerated() {
            guard let value = evaluate(expression) else { throw .outOfMemory(bytes: Int.max) }
            expressionValues[index] = value
        }
        for (index, dimension) in plan.dimensions.enumerated() { extents[index] = expressionValues[Int(dimension)] }
        for (input, index) in plan.inputs.enumerated() {
            for axis in 0..<Int(tensors[Int(index)].rank) {
                let found = requested[firstRequested[input] + axis]
                let expected = tensors[Int(index)].shape[axis]
                guard found == expected else {
                    throw .inputDimension(input: input, axis: axis, found: Int(found), expected: Int(expected))
                }
            }
        }
        for index in 0..<tensors.count {
            var count: Int64 = 1
            for axis in 0..<Int(tensors[index].rank) {
                let (product, overflow) = count.multipliedReportingOverflow(by: tensors[index].shape[axis])
                guard !overflow, product <= 1 << 48 else { throw .outOfMemory(bytes: Int.max) }
                count = product
            }
            tensors[index].count = count
            tensors[index].bytes = UInt64(count) * UInt64(DType(rawValue: plan.values[index].dtype)?.size ?? 1)
        }
    }

    /// The value of an expression whose operands are evaluated; nil if it overflows or a symbol is unknown.
    private func evaluate(_ expression: pack_plan_expression) -> Int64? {
        if expression.kind == PACK_PLAN_CONSTANT.rawValue { return expression.b }
        if expression.kind == PACK_PLAN_SYMBOL.rawValue {
            let value = symbolValues[Int(expression.a)]
            return value >= 0 ? value : nil
        }
        let left = expressionValues[Int(expression.a)]
        let right = expressionValues[Int(expression.b)]
        let result: (Int64, Bool) =
            switch expression.kind {
            case PACK_PLAN_SUM.rawValue: left.addingReportingOverflow(right)
            case PACK_PLAN_PRODUCT.rawValue: left.multipliedReportingOverflow(by: right)
            case PACK_PLAN_QUOTIENT.rawValue: left.dividedReportingOverflow(by: right)
            case PACK_PLAN_LARGER.rawValue: (Swift.max(left, right), false)
            default: (Swift.min(left, right), false)
            }
        return result.1 || result.0 < 0 ? nil : result.0
    }

    private func placeActivations() throws(RuntimeError) {
        planner.reset()
        for input in plan.inputs { try place(Int(input)) }
        for (index, step) in plan.steps.enumerated() {
            let first = Int(step.first_argument) + Int(step.input_count)
            for argument in plan.arguments[first..<first + Int(step.output_count)] { try place(Int(argument)) }
            planner.close { lastUse[$0] <= index }
        }
        arenaBytes = planner.peak
    }

    private func place(_ value: Int) throws(RuntimeError) {
        let limit = 1 << 46
        guard let bytes = Int(exactly: tensors[value].bytes),
            let offset = planner.open(owner: value, bytes: bytes, limit: limit)
        else { throw .outOfMemory(bytes: Int(clamping: tensors[value].bytes)) }
        offsets[value] = offset
    }

    private func grow(to bytes: Int) throws(RuntimeError) {
        if let memory { pack_memory_free(memory, memoryBytes) }
        memoryBytes = 0
        memory = pack_memory_allocate(bytes)
        guard memory != nil else { throw .outOfMemory(bytes: bytes) }
        memoryBytes = bytes
    }

    // MARK: Running

    /// Computes the outputs from the inputs.
    ///
    /// - Throws: `RuntimeError.operatorFailed` if an index in the data is out of range, `.notPrepared` if shapes changed.
    public func run() throws(RuntimeError) {
        guard isPrepared, !shapesChanged else { throw .notPrepared }
        for index in 0..<steps.count {
            guard let function = functions[index] else { throw .missingOperator(step: index, id: 0) }
            let status = function(steps.baseAddress.map { $0 + index }, 1)
            guard status == 0 else { throw .operatorFailed(step: index, code: Int(status)) }
        }
    }

    /// Runs one step of a prepared plan: what `run` does for each, for profiling.
    public func run(step index: Int) throws(RuntimeError) {
        guard isPrepared, !shapesChanged, let function = functions[index] else { throw .notPrepared }
        let status = function(steps.baseAddress.map { $0 + index }, 1)
        guard status == 0 else { throw .operatorFailed(step: index, code: Int(status)) }
    }

    // MARK: Binding, once

    /// The table for this CPU, to be freed by its owner; nil if the CPU lacks what was asked for.
    private static func selectKernels(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<pack_kernels>? {
        let table = UnsafeMutableBufferPointer<pack_kernels>.zeroed(1)
        guard let kernels = table.baseAddress, pack_kernels_select(name, kernels) == Int32(PACK_SELECT_DONE.rawValue)
        else {
            table.deallocate()
            return nil
        }
        return kernels
    }

    private func bindTensors() {
        for (index, value) in plan.values.enumerated() {
            tensors[index].rank = UInt32(value.rank)
            tensors[index].dtype = UInt32(value.dtype)
            tensors[index].shape = UnsafePointer(extents.baseAddress.map { $0 + Int(value.first_dimension) })
            if UInt32(value.kind) == PACK_PLAN_WEIGHT.rawValue {
                tensors[index].data = UnsafeMutableRawPointer(mutating: plan.data(of: value).baseAddress)
            }
        }
    }

    private func findLifetimes() {
        for index in 0..<lastUse.count { lastUse[index] = -1 }
        for (index, step) in plan.steps.enumerated() {
            let first = Int(step.first_argument)
            let end = first + Int(step.input_count) + Int(step.output_count)
            for argument in plan.arguments[first..<end] where argument != PACK_PLAN_ABSENT {
                lastUse[root(argument)] = index
            }
        }
        for output in plan.outputs { lastUse[root(output)] = Int.max }
    }

    /// The value that owns the bytes of a value.
    private func root(_ value: UInt32) -> Int {
        let record = plan.values[Int(value)]
        return UInt32(record.kind) == PACK_PLAN_ALIAS.rawValue ? Int(record.data_offset) : Int(value)
    }

    private func bindSteps() throws(RuntimeError) {
        for (index, argument) in plan.arguments.enumerated() {
            arguments[index] = argument == PACK_PLAN_ABSENT ? nil : tensors.baseAddress.map { $0 + Int(argument) }
        }
        for (index, step) in plan.steps.enumerated() {
            guard let function = pack_operator_function(UInt32(step.op)) else {
                throw .missingOperator(step: index, id: Int(step.op))
            }
            functions[index] = function
            let first = arguments.baseAddress.map { $0 + Int(step.first_argument) }
            steps[index] = pack_step(
                inputs: UnsafePointer(first), outputs: UnsafePointer(first.map { $0 + Int(step.input_count) }),
                attributes: plan.attributes.baseAddress.map { $0 + Int(step.first_attribute) },
                input_count: UInt32(step.input_count), output_count: UInt32(step.output_count),
                attribute_count: UInt32(step.attribute_count), threads: pack_pool_threads(pool), scratch: nil,
                kernels: kernels, pool: pool)
        }
    }
}

extension UnsafeMutableBufferPointer {
    /// Memory for `count` records, all bytes zero; at least one record is allocated, so that there is a base address.
    static func zeroed(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Swift.max(count, 1) * MemoryLayout<Element>.stride,
            alignment: Swift.max(MemoryLayout<Element>.alignment, 16))
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        let typed = buffer.bindMemory(to: Element.self)
        return UnsafeMutableBufferPointer(rebasing: typed[0..<count])
    }
}
