import CPackKernels
import CPackSystem
import PackRuntime
import PackServing

/// Prints the instruction sets and CPUs that can be used.
func printCPU() {
    let out = ByteBuffer()
    out.append("cpus: ")
    out.append(decimal: Int(pack_cpu_count()))
    out.append("\ninstruction sets:")
    var isa: UInt32 = 1
    while let name = pack_isa_name(isa) {
        if pack_isa_available(isa) != 0 {
            out.append(0x20)
            out.append(bytes(of: name))
        }
        isa += 1
    }
    out.append("\n")
    Terminal.write(out, to: 1)
}

/// Prints kernels, threads, memory and times on standard error.
func explain(_ predictor: ModelPredictor, _ timeline: Timeline) {
    let out = ByteBuffer()
    let session = predictor.engine.session
    out.append("kernels:")
    var family: UInt32 = 0
    while let name = pack_family_name(family) {
        let isa = isa(session.kernels, Int(family))
        if isa != PACK_ISA_NONE.rawValue, let isaName = pack_isa_name(isa) {
            out.append(0x20)
            out.append(bytes(of: name))
            out.append(0x3D)
            out.append(bytes(of: isaName))
        }
        family += 1
    }
    out.append("\nthreads: ")
    out.append(decimal: Int(pack_cpu_count()))
    out.append("\nmemory: activations ")
    out.append(decimal: session.arenaBytes)
    out.append(" bytes, peak resident ")
    out.append(decimal: pack_peak_memory())
    out.append(" bytes, page faults ")
    out.append(decimal: pack_minor_faults())
    out.append("\n")
    for (index, name) in timeline.names.enumerated() {
        appendRightAligned(timeline.microseconds[index], to: out)
        out.append(" us  ")
        out.append(name)
        out.append("\n")
    }
    Terminal.write(out, to: 2)
}

private func isa(_ kernels: UnsafePointer<pack_kernels>, _ family: Int) -> UInt32 {
    withUnsafeBytes(of: kernels.pointee.isa) { family < $0.count ? UInt32($0[family]) : PACK_ISA_NONE.rawValue }
}

private func appendRightAligned(_ number: Int, to out: ByteBuffer) {
    var limit = 10_000_000
    while limit > max(number, 1) {
        out.append(0x20)
        limit /= 10
    }
    out.append(decimal: number)
}
