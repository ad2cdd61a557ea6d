public import CPackKernels
import CPackSystem
import PackCore

/// A model that can be run: a plan, the memory of its activations, the kernels of this CPU and a pool of threads.
///
/// Use: `setInputShape` for each input, `prepare`, fill `inputBytes`, `run`, read `outputBytes`. Shapes are planned once and
/// kept until they change. Memory grows when shapes need more than any before and is never given back; a request with shapes
/// no larger than an earlier one allocates nothing. Not safe for use from several threads at once.
///
/// Where a step finds the extents of its outputs from its inputs' elements, `prepare` plans the steps before it. The rest is
/// planned, up to the next such step, when the step's turn comes in `run`.
public final class Session {
    /// The plan that is run.
    public let plan: PlanView
    /// What operators know of texts; not filled in where the plan has no string tensors.
    let texts: UnsafeMutableBufferPointer<pack_texts>
    /// Whether the texts that the last run used or made are still kept.
    var hasOldTexts = false
    /// The kernels chosen for this CPU.
    public let kernels: UnsafePointer<pack_kernels>
    let pool: OpaquePointer?
    /// Threads that compute, the caller's included: fewer than asked for where the system refuses some.
    public var threads: Int { Int(pack_pool_threads(pool)) }
    private let owner: AnyObject?
    /// One tensor a value of the plan.
    let tensors: UnsafeMutableBufferPointer<pack_tensor>
    /// One evaluated entry a record of the dimensions section; tensors' shapes point into it.
    let extents: UnsafeMutableBufferPointer<Int64>
    private let symbolValues: UnsafeMutableBufferPointer<Int64>
    private let expressionValues: UnsafeMutableBufferPointer<Int64>
    let steps: UnsafeMutableBufferPointer<pack_step>
    /// nil for steps whose results are the same for every request and have been computed.
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
    /// Where the texts of the next request end that lie side by side without padding; none where texts are rows.
    private var segmentEnds: UnsafeMutableBufferPointer<Int64>
    private var segmentCount = 0
    private var longestSegment: Int64 = 0
    /// Steps whose memory is planned; the next one, if there is one, measures its outputs.
    private var plannedSteps = 0
    /// Whether a step has measured its outputs since the steps were planned from the first on.
    private var hasMeasured = false
    /// Bytes of activations and scratch memory that are never exceeded.
    public var memoryLimit = 1 << 46
    /// Turns of all loops in one request; one that takes more is refused.
    public var turnLimit = 1 << 24
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
        texts = .zeroed(1)
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
        segmentEnds = .zeroed(0)
        planner = ArenaPlanner(capacity: plan.values.count)
        bindTensors()
        findLifetimes()
        try bindSteps()
        if !plan.texts.isEmpty { try openTexts() }
        // Data decides how much is needed: a hostile request must not get all the memory of the machine.
        for index in 0..<steps.count where plan.measures(index) { memoryLimit = 1 << 32 }
    }

    deinit {
        pack_pool_destroy(pool)
        UnsafeMutablePointer(mutating: kernels).deallocate()
        if let memory { pack_memory_free(memory, memoryBytes) }
        texts[0].close?(texts[0].pool)
        texts.deallocate()
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
        segmentEnds.deallocate()
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
        if segmentCount > 0 { shapesChanged = true }
        segmentCount = 0
        for (axis, extent) in dimensions.enumerated() {
            let slot = firstRequested[input] + axis
            if requested[slot] != Int64(extent) {
                requested[slot] = Int64(extent)
                shapesChanged = true
            }
        }
    }

    /// Says, after the shape [1, tokens] of each input, that the next request is several texts side by side without padding.
    /// Outputs then are those of a batch of so many texts, those [batch, sequence, ..] being [1, tokens, ..].
    ///
    /// - Parameter ends: For each text, the tokens up to its end: at least two numbers, rising, of which the last is `tokens`.
    /// - Throws: `RuntimeError.notPrepared` unless the plan `packsTexts` and the numbers are as they should be.
    public func setSegments(_ ends: UnsafeBufferPointer<Int>) throws(RuntimeError) {
        guard plan.packsTexts, ends.count > 1 else { throw .notPrepared }
        if ends.count > segmentEnds.count {
            segmentEnds.deallocate()
            segmentEnds = .zeroed(ends.count)
        }
        var last = 0
        longestSegment = 0
        for (index, end) in ends.enumerated() {
            guard end > last else { throw .notPrepared }
            longestSegment = Swift.max(longestSegment, Int64(end - last))
            segmentEnds[index] = Int64(end)
            last = end
        }
        segmentCount = ends.count
        shapesChanged = true
    }

    /// Plans the memory of a request with the input shapes set before. Costs nothing if they are those of the last request.
    ///
    /// - Throws: `RuntimeError` if shapes contradict the model or need more memory than there is.
    public func prepare() throws(RuntimeError) {
        if isPrepared && !shapesChanged { return }
        isPrepared = false
        try provide(try planFirst())
        shapesChanged = false
        isPrepared = true
    }

    /// The bytes of activations and scratch memory that `prepare` would need, found without taking them. What steps need whose
    /// shapes data decide is not among them.
    public func predictArenaBytes() throws(RuntimeError) -> Int {
        isPrepared = false
        shapesChanged = true
        return try planFirst() + arenaBytes
    }

    /// Plans the steps whose shapes follow from those of the inputs, and returns the bytes of scratch memory.
    private func planFirst() throws(RuntimeError) -> Int {
        try bindSymbols()
        planner.reset()
        hasMeasured = false
        plannedSteps = 0
        for index in 0..<steps.count {
            steps[index].segment_ends = segmentCount == 0 ? nil : UnsafePointer(segmentEnds.baseAddress)
            steps[index].segment_count = Int64(segmentCount)
        }
        try evaluateShapes()
        try checkInputs()
        // First, and so always in the same place: what is there lasts.
        for index in 0..<plan.values.count where plan.values[index].isFixed { try place(index) }
        for input in plan.inputs { try place(Int(input)) }
        return try planSteps(from: 0, measured: false)
    }

    /// Plans steps up to the next one that measures its outputs, and returns the bytes of scratch memory.
    @inline(never)
    private func planSteps(from first: Int, measured: Bool) throws(RuntimeError) -> Int {
        var scratch = 0
        plannedSteps = first
        while plannedSteps < steps.count, measured && plannedSteps == first || !plan.measures(plannedSteps) {
            let index = plannedSteps
            if let function = functions[index] {
                for output in plan.made(by: index) where !plan.values[Int(output)].isFixed { try place(Int(output)) }
                let needed = withUnsafePointer(to: steps[index]) { function($0, Int32(PACK_PREPARE.rawValue)) }
                guard needed >= 0 else { throw .operatorFailed(step: index, code: Int(needed)) }
                scratch = Swift.max(scratch, Int(needed))
            }
            planner.close { lastUse[$0] <= index }
            plannedSteps += 1
        }
        arenaBytes = planner.peak
        return scratch
    }

    /// Takes the memory that is planned and tells tensors and steps where it is. What the arena holds stays.
    @inline(never)
    private func provide(_ scratch: Int) throws(RuntimeError) {
        let (total, overflow) = arenaBytes.addingReportingOverflow(scratch)
        guard !overflow, total <= memoryLimit else { throw .outOfMemory(bytes: overflow ? Int.max : total) }
        if total > memoryBytes {
            guard let larger = pack_memory_resize(memory, memoryBytes, total) else { throw .outOfMemory(bytes: total) }
            memory = larger
            memoryBytes = total
        }
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
    }

    /// Lets the step whose turn it is find the extents of its outputs, and plans on.
    private func measure(_ index: Int, _ function: pack_operator) throws(RuntimeError) {
        hasMeasured = true
        let status = withUnsafePointer(to: steps[index]) { function($0, Int32(PACK_MEASURE.rawValue)) }
        guard status == 0 else { throw failure(index, status) }
        for output in plan.made(by: index) where plan.values[Int(output)].isMeasured {
            let value = plan.values[Int(output)]
            for axis in Int(value.first_dimension)..<Int(value.first_dimension) + Int(value.rank) {
                let expression = plan.expressions[Int(plan.dimensions[axis])]
                guard expression.kind == PACK_PLAN_SYMBOL.rawValue, symbolValues[Int(expression.a)] < 0 else {
                    continue
                }
                guard extents[axis] >= 0, extents[axis] <= plan.symbols[Int(expression.a)].maximum else {
                    throw .outOfMemory(bytes: Int.max)
                }
                symbolValues[Int(expression.a)] = extents[axis]
            }
        }
        try evaluateShapes()
        try provide(try planSteps(from: index, measured: true))
    }

    private func failure(_ step: Int, _ status: Int64) -> RuntimeError {
        if status == Int64(PACK_ERROR_TEXTS.rawValue) { return .tooManyTexts }
        let number = Int(Int64(PACK_ERROR_IMAGE.rawValue) - status)
        if number > 0, number & 15 == 0, let fault = ImageFault(rawValue: number >> 4 & 0xFFF) {
            return .badImage(step: step, fault: fault, offset: number >> 16)
        }
        return .operatorFailed(step: step, code: Int(status))
    }

    private func bindSymbols() throws(RuntimeError) {
        for index in 0..<symbolValues.count { symbolValues[index] = -1 }
        for (input, index) in plan.inputs.enumerated() {
            for (axis, dimension) in plan.dimensions(of: plan.values[Int(index)]).enumerated() {
                let expression = plan.expressions[Int(dimension)]
                let given = requested[firstRequested[input] + axis]
                guard given >= 0 else {
                    throw .inputDimension(input: input, axis: axis, found: Int(given), expected: 0)
                }
                // A dimension is limited for each text, not for all of them side by side.
                let found = segmentCount == 0 ? given : axis == 0 ? Int64(segmentCount) : longestSegment
                guard expression.kind == PACK_PLAN_SYMBOL.rawValue else { continue }
                let symbol = Int(expression.a)
                guard found <= plan.symbols[symbol].maximum else {
                    throw .inputTooLong(
                        input: input, axis: axis, found: Int(found), maximum: Int(plan.symbols[symbol].maximum))
                }
                if symbolValues[symbol] < 0 { symbolValues[symbol] = axis == 0 ? found : given }
            }
        }
    }

    private func evaluateShapes() throws(RuntimeError) {
        for (index, expression) in plan.expressions.enumerated() {
            guard let value = evaluate(expression) else { throw .outOfMemory(bytes: Int.max) }
            expressionValues[index] = value
        }
        for index in 0..<plan.values.count { try setExtents(index) }
    }

    private func checkInputs() throws(RuntimeError) {
        for (input, index) in plan.inputs.enumerated() {
            for axis in 0..<Int(tensors[Int(index)].rank) {
                let found = requested[firstRequested[input] + axis]
                let expected = tensors[Int(index)].shape[axis]
                guard found == expected else {
                    throw .inputDimension(input: input, axis: axis, found: Int(found), expected: Int(expected))
                }
            }
        }
    }

    /// Sets the extents of a value, and with them its count and bytes: −1 and 0 as long as extents are unknown.
    private func setExtents(_ index: Int) throws(RuntimeError) {
        let value = plan.values[index]
        var count: Int64 = 1
        var isEmpty = false
        var isKnown = true
        let hasTokens = segmentCount > 0 && plan.hasTokenAxis(value)
        for axis in Int(value.first_dimension)..<Int(value.first_dimension) + Int(value.rank) {
            let isTexts = hasTokens && axis == Int(value.first_dimension)
            let extent = isTexts ? 1 : expressionValues[Int(plan.dimensions[axis])]
            isKnown = isKnown && extent != Session.unknown
            // What a step has measured must be what is expected.
            let isExpected =
                !hasMeasured || !value.isMeasured || extents[axis] == extent || extents[axis] == Session.unknown
            guard isExpected, extent >= 0 || !isKnown else { throw refusal }
            extents[axis] = extent
            // An extent of 0 must not hide others whose product is beyond any count.
            let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
            guard !overflow, product <= 1 << 48 else { throw .outOfMemory(bytes: Int.max) }
            count = product
            isEmpty = isEmpty || extent == 0
        }
        if isEmpty { count = 0 }
        tensors[index].count = isKnown ? count : -1
        tensors[index].bytes = isKnown ? UInt64(count) * UInt64(DType(rawValue: value.dtype)?.size ?? 1) : 0
        guard UInt32(value.kind) == PACK_PLAN_ALIAS.rawValue else { return }
        if tensors[Int(value.data_offset)].count < 0 { tensors[index].count = -1 }
        guard tensors[index].count < 0 || tensors[index].bytes == tensors[Int(value.data_offset)].bytes else {
            throw refusal
        }
    }

    /// The error of a shape that cannot be, found while the memory of a step was planned.
    private var refusal: RuntimeError { .operatorFailed(step: plannedSteps, code: Int(PACK_ERROR_SHAPE.rawValue)) }

    /// The value of an expression that depends on a symbol which is not defined yet.
    private static var unknown: Int64 { Int64.min }

    /// The value of an expression whose operands are evaluated; nil if it overflows.
    private func evaluate(_ expression: pack_plan_expression) -> Int64? {
        if expression.kind == PACK_PLAN_CONSTANT.rawValue { return expression.b }
        if expression.kind == PACK_PLAN_SYMBOL.rawValue {
            let value = symbolValues[Int(expression.a)]
            return value >= 0 ? value : Session.unknown
        }
        let left = expressionValues[Int(expression.a)]
        let right = expressionValues[Int(expression.b)]
        if left == Session.unknown || right == Session.unknown { return Session.unknown }
        let result: (Int64, Bool) =
            switch expression.kind {
            case PACK_PLAN_SUM.rawValue: left.addingReportingOverflow(right)
            case PACK_PLAN_PRODUCT.rawValue: left.multipliedReportingOverflow(by: right)
            case PACK_PLAN_QUOTIENT.rawValue: left.dividedReportingOverflow(by: right)
            case PACK_PLAN_LARGER.rawValue: (Swift.max(left, right), false)
            default: (Swift.min(left, right), false)
            }
        return result.1 || result.0 == Session.unknown ? nil : result.0
    }

    @inline(never)
    private func place(_ value: Int) throws(RuntimeError) {
        guard let bytes = Int(exactly: tensors[value].bytes),
            let offset = planner.open(owner: value, bytes: bytes, limit: memoryLimit)
        else { throw .outOfMemory(bytes: Int(clamping: tensors[value].bytes)) }
        offsets[value] = offset
    }

    // MARK: Running

    /// Computes the outputs from the inputs.
    ///
    /// - Throws: `RuntimeError.operatorFailed` if an index in the data is out of range, `.notPrepared` if shapes changed.
    public func run() throws(RuntimeError) {
        guard isPrepared, !shapesChanged else { throw .notPrepared }
        var index = 0
        var turns = 0
        while index < steps.count {
            let next = try run(step: index)
            if next <= index { turns += 1 }
            guard turns < turnLimit else {
                throw .operatorFailed(step: index, code: Int(PACK_ERROR_INDEX.rawValue))
            }
            index = next
        }
        if !plan.texts.isEmpty { try checkTexts() }
    }

    /// Runs one step of a prepared plan, after all those before it: what `run` does for each, for profiling.
    ///
    /// - Returns: The step that comes next: the following one, or another end of a loop.
    @discardableResult
    public func run(step index: Int) throws(RuntimeError) -> Int {
        guard isPrepared, !shapesChanged else { throw .notPrepared }
        if index == 0 { dropOldTexts() }
        // What an earlier request left planned may not suit the data of this one.
        if index == 0, hasMeasured { try provide(try planFirst()) }
        guard let function = functions[index] else { return index + 1 }
        if index == plannedSteps { try measure(index, function) }
        let status = function(steps.baseAddress.map { $0 + index }, Int32(PACK_RUN.rawValue))
        if status == Int64(PACK_JUMP) { return plan.jump(from: index) }
        guard status == 0 else { throw failure(index, status) }
        if plan.isFixed(index) { functions[index] = nil }
        return index + 1
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
            // To operators, codes of texts are numbers as others.
            tensors[index].dtype = UInt32(value.dtype == DType.string.rawValue ? DType.i64.rawValue : value.dtype)
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
        for index in 0..<steps.count { if let begin = plan.loopBegin(of: index) { keepThroughLoop(begin, index) } }
        for output in plan.outputs { lastUse[root(output)] = Int.max }
        for index in 0..<lastUse.count where plan.values[index].isFixed { lastUse[index] = Int.max }
    }

    /// What a loop's steps read and do not make must last for all turns.
    private func keepThroughLoop(_ begin: Int, _ end: Int) {
        for index in begin + 1...end {
            for argument in plan.used(by: index) where argument != PACK_PLAN_ABSENT {
                lastUse[root(argument)] = Swift.max(lastUse[root(argument)], end)
            }
        }
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
                kernels: kernels, pool: pool, texts: texts.baseAddress, segment_ends: nil, segment_count: 0)
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
