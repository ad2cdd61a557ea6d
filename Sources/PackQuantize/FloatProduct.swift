import CPackKernels

/// Products of matrices of f32 on this CPU's best kernel: the same bits on every CPU with vectors.
package struct FloatProduct: Sendable {
    private let kernel: pack_gemm_kernel

    /// nil where this build has no kernel.
    package init?() {
        let kernels = UnsafeMutablePointer<pack_kernels>.allocate(capacity: 1)
        defer { kernels.deallocate() }
        guard pack_kernels_select(nil, kernels) == Int32(PACK_SELECT_DONE.rawValue),
            let kernel = kernels.pointee.gemm_f32
        else { return nil }
        self.kernel = kernel
    }

    /// c + a·b in place of c.
    ///
    /// - Parameters:
    ///   - a: [m, k], row-major, `lda` from row to row.
    ///   - b: [k, n], row-major, or [n, k] if `transposed`; `ldb` from row to row. Neither overlaps `c`.
    ///   - c: [m, n], row-major, `ldc` from row to row.
    package func add(
        _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, transposed: Bool,
        to c: UnsafeMutablePointer<Float>, ldc: Int, m: Int, k: Int, n: Int
    ) {
        guard m > 0, k > 0, n > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: pack_panels_bytes_f32(k, n), alignment: 64) { room in
            guard let panels = room.baseAddress else { return }
            pack_panels_f32(b, ldb, transposed ? 1 : 0, k, n, panels.assumingMemoryBound(to: Float.self))
            var product = pack_gemm()
            product.a = UnsafeRawPointer(a)
            product.lda = lda
            product.panels = UnsafeRawPointer(panels)
            product.k = k
            product.n = n
            product.c = c
            product.ldc = ldc
            product.residual = UnsafePointer(c)
            product.ldr = ldc
            kernel(&product, 0, m, 0, (n + Int(PACK_PANEL) - 1) / Int(PACK_PANEL))
        }
    }
}
