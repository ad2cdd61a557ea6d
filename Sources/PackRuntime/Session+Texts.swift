import CPackKernels
import PackCore

/// Texts behind the elements of string tensors.
///
/// A request's texts are kept until the next request's first text, or its run where it has none.
extension Session {
    /// The code of a text, to write among an input's elements.
    ///
    /// - Throws: `RuntimeError.badText` or `.tooManyTexts`.
    public func code(of text: UnsafeBufferPointer<UInt8>) throws(RuntimeError) -> Int64 {
        if hasOldTexts { reset() }
        guard let code = texts[0].code else { throw .badText }
        let result = code(texts[0].pool, text.baseAddress, Int64(text.count))
        guard result >= 0 else { throw result == Int64(PACK_ERROR_TEXT.rawValue) ? .badText : .tooManyTexts }
        return result
    }

    /// The text of an output's element, UTF-8; valid until the next `code(of:)` or `run`. Empty for what is no code.
    public func text(_ code: Int64) -> UnsafeBufferPointer<UInt8> {
        find(code) ?? UnsafeBufferPointer(start: nil, count: 0)
    }

    /// Forgets the texts of the run before the last one of `code(of:)`, or of the last run.
    func dropOldTexts() {
        if hasOldTexts { reset() }
        hasOldTexts = true
    }

    private func reset() {
        texts[0].reset?(texts[0].pool, Int64(plan.texts.count))
        hasOldTexts = false
    }

    private func find(_ code: Int64) -> UnsafeBufferPointer<UInt8>? {
        var bytes: UnsafePointer<UInt8>?
        guard let find = texts[0].find else { return nil }
        let count = find(texts[0].pool, code, &bytes)
        return count < 0 ? nil : UnsafeBufferPointer(start: bytes, count: Int(count))
    }

    /// Makes room for texts, the plan's own first.
    func openTexts() throws(RuntimeError) {
        let id = UInt32(PACK_OP_Texts.rawValue)
        guard let function = pack_operator_function(id) else { throw .missingOperator(step: 0, id: Int(id)) }
        var step = pack_step()
        step.texts = texts.baseAddress
        guard function(&step, Int32(PACK_PREPARE.rawValue)) >= 0 else { throw .outOfMemory(bytes: 0) }
        for (index, text) in plan.texts.enumerated() {
            guard (try? code(of: plan.string(text))) == Int64(index) else {
                throw .plan(
                    PlanError(
                        .badReference, section: Int(PACK_PLAN_LABELS.rawValue), record: plan.labels.count + index))
            }
        }
        reset()
    }

    /// Checks that outputs hold codes of texts.
    func checkTexts() throws(RuntimeError) {
        hasOldTexts = true
        for output in plan.outputs where plan.values[Int(output)].dtype == DType.string.rawValue {
            for element in UnsafeRawBufferPointer(
                start: tensors[Int(output)].data, count: Int(tensors[Int(output)].bytes)
            ).bindMemory(to: Int64.self) where find(element) == nil {
                throw .operatorFailed(step: steps.count, code: Int(PACK_ERROR_INDEX.rawValue))
            }
        }
    }
}
