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
    out.append(decimal: session.threads)
    out.append("\nmemory: activations ")
    out.append(decimal: session.arenaBytes)
    out.append(" bytes, peak resident ")
    out.append(decimal: pack_usage_now().peak_memory)
    out.append(" bytes\n   time, us  faults  of disk  bytes read\n")
    for mark in timeline.marks {
        append(mark.microseconds, width: 11, to: out)
        append(Int(mark.usage.minor_faults + mark.usage.major_faults), width: 8, to: out)
        append(Int(mark.usage.major_faults), width: 9, to: out)
        append(Int(mark.usage.read_bytes), width: 12, to: out)
        out.append("  ")
        out.append(mark.name)
        out.append("\n")
    }
    Terminal.write(out, to: 2)
}

private func isa(_ kernels: UnsafePointer<pack_kernels>, _ family: Int) -> UInt32 {
    withUnsafeBytes(of: kernels.pointee.isa) { family < $0.count ? UInt32($0[family]) : PACK_ISA_NONE.rawValue }
}

/// A number that is not negative, with spaces before it.
private func append(_ number: Int, width: Int, to out: ByteBuffer) {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
        digits += 1
        rest /= 10
    }
    for _ in digits..<max(width, digits) { out.append(0x20) }
    out.append(decimal: number)
}
