public import CPackKernels
import CPackSystem
import PackCore

/// Makes the pool of texts that a session with string tensors has. No step of a plan: a runtime is linked with it where a
/// plan has texts, and the session calls it once.
package enum Texts {
    /// Fills in what operators and the session know of texts.
    fileprivate static func open(_ texts: UnsafeMutablePointer<pack_texts>) throws(OperatorError) {
        guard texts.pointee.pool == nil else { throw .attribute }
        let pool = UnsafeMutablePointer<TextPool>.allocate(capacity: 1)
        pool.initialize(to: TextPool(seed: pack_clock_ns() ^ UInt64(UInt(bitPattern: pool)) << 32))
        texts.pointee = pack_texts(
            pool: UnsafeMutableRawPointer(pool),
            code: { pool, bytes, count in
                guard let pool = pool?.assumingMemoryBound(to: TextPool.self) else { return OperatorError.texts.code }
                do throws(OperatorError) {
                    return try pool.pointee.code(UnsafeBufferPointer(start: bytes, count: Int(count)))
                } catch { return error.code }
            },
            find: { pool, code, bytes in
                guard let text = pool?.assumingMemoryBound(to: TextPool.self).pointee.find(code) else {
                    return OperatorError.index.code
                }
                bytes?.pointee = text.baseAddress
                return Int64(text.count)
            },
            reset: { pool, count in pool?.assumingMemoryBound(to: TextPool.self).pointee.reset(Int(count)) },
            close: { pool in
                pool?.assumingMemoryBound(to: TextPool.self).pointee.free()
                pool?.deallocate()
            })
    }
}

/// C entry of `Texts`.
@c(pack_op_Texts) public func packOperatorTexts(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    guard running == Int32(PACK_PREPARE.rawValue), let texts = step?.pointee.texts else {
        return OperatorError.attribute.code
    }
    do throws(OperatorError) { try Texts.open(texts) } catch { return error.code }
    return 0
}

extension Step {
    /// The bytes of a text; valid until one is added.
    func text(_ code: Int64) throws(OperatorError) -> UnsafeBufferPointer<UInt8> {
        var bytes: UnsafePointer<UInt8>?
        guard let texts, let find = texts.pointee.find else { throw .type }
        let count = find(texts.pointee.pool, code, &bytes)
        guard count >= 0 else { throw .index }
        return UnsafeBufferPointer(start: bytes, count: Int(count))
    }

    /// The code of a text, which may be a part of one that is known.
    func code(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) -> Int64 {
        guard let texts, let code = texts.pointee.code else { throw .type }
        let result = code(texts.pointee.pool, text.baseAddress, Int64(text.count))
        guard result >= 0 else { throw OperatorError(code: result) }
        return result
    }
}
