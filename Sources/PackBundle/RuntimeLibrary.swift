import CPackKernels
import PackIO
public import PackProfiles

/// The runtime of one architecture, as `make runtime` leaves it: one relocatable object that holds everything.
public struct RuntimeLibrary: Sendable {
    /// `x86_64` or `arm64`.
    public let arch: String
    private let object: RelocatableObject
    private let operatorNames: [String]
    private let kernels: [Kernel]

    private init(arch: String, object: RelocatableObject) {
        (self.arch, self.object) = (arch, object)
        operatorNames = object.globals.keys.filter { $0.hasPrefix("pack_slot_") }.map { String($0.dropFirst(10)) }
        kernels = Self.kernels(arch: arch)
    }

    /// Names of the architectures that bundles can be made for.
    public static let architectures = ["x86_64", "arm64"]

    /// Finds the runtime: `runtime/ARCH` beside the executable, `share/pack/runtime/ARCH` in the prefix that it is installed
    /// in, or `build/runtime/ARCH` of the tree that it was built in.
    ///
    /// - Parameter executable: Absolute path of the program, links resolved.
    public static func locate(arch: String, executable: String) throws(BundleError) -> RuntimeLibrary {
        let places = InstalledFiles.places(
            of: "runtime/\(arch)", inTree: "build/runtime/\(arch)", executable: executable)
        guard let found = places.first(where: { InstalledFiles.stands(.regular, $0 + "/runtime.o") }) else {
            throw .noRuntime(arch: arch, tried: places)
        }
        let file: MappedFile
        do throws(IOFailure) {
            file = try MappedFile(path: found + "/runtime.o")
        } catch { throw .io(error) }
        return RuntimeLibrary(arch: arch, object: try RelocatableObject(file))
    }

    /// What a runtime serves over HTTP.
    public enum FrontEnd: String, CaseIterable, Sendable {
        /// `/predict` and `/health`, in one thread.
        case predict
        /// These, the Open Inference Protocol and metrics, with a thread that computes.
        case inference

        /// What bundles for a platform get.
        public init(for profile: Profile) { self = profile.requestProtocol == .http ? .inference : .predict }

        var slot: String { "pack_fslot_\(rawValue)" }
    }

    /// A linked runtime and what is in it.
    public struct Program: Sendable {
        let linked: LinkedProgram
        /// Operators in it, sorted.
        public let operators: [String]
        /// Kernels in it, `family/isa`, sorted.
        public let kernels: [String]
        /// Operators and kernels of the architecture that were left out, sorted.
        public let pruned: [String]
        /// What it serves over HTTP.
        public let frontEnd: FrontEnd
        /// Bytes of the plan that follows it in its file; nil where the plan is a file of its own.
        public let planBytes: Int?

        /// The executable's bytes.
        public var bytes: [UInt8] { linked.bytes }

        /// The bytes of the library that are in this program and not in another one of it, one after the other.
        public func bytes(notIn other: Program) -> [UInt8] { linked.bytes(notIn: other.linked) }
    }

    /// Links a runtime with only the named operators and families of kernels, all variants of each.
    ///
    /// - Parameters:
    ///   - frontEnd: What it serves over HTTP.
    ///   - planBytes: Bytes of the plan that will follow it in its file (``ExecutableWriter``).
    public func program(
        operators: [String], kernelFamilies: [String], frontEnd: FrontEnd = .predict, planBytes: Int? = nil
    ) throws(BundleError) -> Program {
        let wanted = kernels.filter { kernelFamilies.contains($0.family) }
        let kept = Set(operators)
        let keptKernels = Set(wanted.map(\.name))
        let linked = try link(
            operators.map { "pack_slot_\($0)" } + wanted.map(\.slot) + [frontEnd.slot], planBytes)
        return Program(
            linked: linked, operators: kept.sorted(), kernels: keptKernels.sorted(),
            pruned: operatorNames.filter { !kept.contains($0) }.sorted()
                + kernels.map(\.name).filter { !keptKernels.contains($0) }.sorted(), frontEnd: frontEnd,
            planBytes: planBytes)
    }

    /// An operator, or a family of kernels with all its variants, and what it costs.
    public struct Part: Sendable {
        /// `Softmax`, or `gemm_f32`.
        public let name: String
        /// Whether the program has it.
        public let isKept: Bool
        /// Bytes by which the program is longer with it than without it; code that several parts share is in none.
        public let bytes: Int
    }

    /// The operators and families of kernels of the architecture, with what each adds to a program or would add: first those that the
    /// program has, each from the most bytes to the fewest.
    public func parts(of program: Program) throws(BundleError) -> [Part] {
        var candidates: [(name: String, slots: Set<String>, isKept: Bool)] = operatorNames.map {
            ($0, ["pack_slot_\($0)"], program.operators.contains($0))
        }
        for (family, variants) in Dictionary(grouping: kernels, by: { $0.family }) {
            candidates.append(
                (family, Set(variants.map(\.slot)), variants.contains { program.kernels.contains($0.name) }))
        }
        let own = candidates.filter { $0.isKept }.flatMap { Array($0.slots) } + [program.frontEnd.slot]
        var parts: [Part] = []
        for (name, slots, isKept) in candidates {
            let other = try link(isKept ? own.filter { !slots.contains($0) } : own + slots, program.planBytes)
                .bytes.count
            parts.append(Part(name: name, isKept: isKept, bytes: abs(program.bytes.count - other)))
        }
        return parts.sorted {
            ($0.isKept ? 0 : 1, $1.bytes, $0.name) < ($1.isKept ? 0 : 1, $0.bytes, $1.name)
        }
    }

    /// Bytes of the complete runtime, nothing pruned.
    public func completeBytes() throws(BundleError) -> Int {
        let slots = operatorNames.map { "pack_slot_\($0)" } + kernels.map(\.slot)
        return try link(slots + FrontEnd.allCases.map(\.slot)).bytes.count
    }

    private struct Kernel: Sendable {
        let family: String
        let isa: String
        let slot: String
        var name: String { "\(family)/\(isa)" }
    }

    private static func kernels(arch: String) -> [Kernel] {
        var count = 0
        guard let entries = pack_kernel_entries(&count) else { return [] }
        return UnsafeBufferPointer(start: entries, count: count).compactMap { entry in
            let place = String(cString: entry.arch)
            guard place == "any" || place == arch else { return nil }
            return Kernel(
                family: String(cString: entry.family), isa: String(cString: entry.isa),
                slot: String(cString: entry.slot))
        }
    }

    /// The symbol that stands for a slot.
    private static func symbol(_ slot: String) -> String {
        if slot.hasPrefix("pack_kslot_") { return "pack_" + slot.dropFirst(11) }
        if slot.hasPrefix("pack_fslot_") { return "pack_front_end_" + slot.dropFirst(11) }
        return "pack_op_" + slot.dropFirst(10)
    }

    /// Links the object with these slots tied to the functions of the same name.
    private func link(_ slots: [String], _ planBytes: Int? = nil) throws(BundleError) -> LinkedProgram {
        var ties = planBytes == nil ? [:] : ["pack_map_plan": "pack_map_inner_plan"]
        for slot in slots {
            let symbol = RuntimeLibrary.symbol(slot)
            guard object.globals[slot] != nil, object.globals[symbol] != nil else {
                throw .missingSymbol(slot, arch: arch)
            }
            ties[slot] = symbol
        }
        return try StaticLinker.link(object, ties: ties, plan: planBytes.map { InnerPlan(byteCount: $0) })
    }
}
