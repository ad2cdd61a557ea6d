/// What an ELF file says about where it can run, read from its headers and its dynamic segment.
///
/// Formats: System V gABI chapters 4 and 5 (ELF header, program headers, dynamic section, notes); symbol versions from
/// the
/// Linux Standard Base core specification, "Symbol Versioning"; GNU properties from the x86-64 psABI and the Linux
/// gABI extensions. The dynamic segment is used rather than section headers, which need not be there. A file that
/// breaks a rule
/// behind its first header keeps what could be read, and says the rest in `problems`.
public struct ELFFile: Hashable, Sendable {
    /// Whether it is of the 64-bit class.
    public var is64: Bool
    /// Whether numbers are stored most significant byte first.
    public var isBigEndian: Bool
    /// What kind of file it is.
    public var kind: Kind
    /// `e_machine`, the processor.
    public var machine: UInt16
    /// The program that loads it, of executables.
    public var interpreter: String?
    /// Libraries that it needs, in order (DT_NEEDED).
    public var needed: [String] = []
    /// The name by which others need it (DT_SONAME).
    public var soname: String?
    /// Folders in which needed libraries are looked for, before the environment's (DT_RPATH).
    public var rpath: [String] = []
    /// Folders in which needed libraries are looked for, behind the environment's (DT_RUNPATH).
    public var runpath: [String] = []
    /// Versions of symbols that it needs, by library, in the order of the file.
    public var versions: [ELFVersionNeed] = []
    /// Whether it asks for a stack that can be executed.
    public var stack: Stack = .unstated
    /// Whether it has a dynamic segment.
    public var isDynamic = false
    /// What stripping would remove; `nil` without section headers.
    public var strippable: Strippable?
    /// Where in the file its constants are, texts among them (the sections `.rodata`); empty without section headers.
    public var constants: [Range<Int>] = []
    /// x86-64 levels that it says it needs, a bit each from the lowest: baseline, v2, v3, v4
    /// (GNU_PROPERTY_X86_ISA_1_NEEDED).
    public var instructionSets: UInt32 = 0
    /// What behind the first header breaks a rule.
    public var problems: [ELFFailure] = []

    /// What a file is (`e_type`).
    public enum Kind: String, Hashable, Sendable {
        case relocatable, executable, shared, core, other
    }

    /// What PT_GNU_STACK says. Without it, loaders take the stack to be executable on x86.
    public enum Stack: String, Hashable, Sendable {
        case executable, notExecutable, unstated
    }

    /// Bytes in the file that are not needed to run it.
    public struct Strippable: Hashable, Sendable {
        /// Bytes of debug sections.
        public var debug: Int
        /// Bytes of symbol tables and their names that only debuggers and linkers read.
        public var symbols: Int

        package init(debug: Int, symbols: Int) {
            self.debug = debug
            self.symbols = symbols
        }
    }

    /// Whether bytes begin as ELF files do.
    public static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && bytes[0] == 0x7F && bytes[1] == 0x45 && bytes[2] == 0x4C && bytes[3] == 0x46
    }

    /// Reads a file. `bytes` are all of it.
    /// - Throws: What is wrong with its first header.
    public init(_ bytes: UnsafeRawBufferPointer) throws(ELFFailure) {
        guard ELFFile.begins(bytes) else {
            throw ELFFailure(.notELF, at: 0, found: "other bytes")
        }
        guard bytes.count >= 52 else { throw ELFFailure(.tooShort, at: 0, found: "\(bytes.count) bytes") }
        guard bytes[4] == 1 || bytes[4] == 2 else { throw ELFFailure(.classUnknown, at: 4, found: "\(bytes[4])") }
        guard bytes[5] == 1 || bytes[5] == 2 else { throw ELFFailure(.orderUnknown, at: 5, found: "\(bytes[5])") }
        let source = ELFBytes(bytes: bytes, isBigEndian: bytes[5] == 2, is64: bytes[4] == 2)
        guard let type = source.half(16), let machine = source.half(18), bytes.count >= (source.is64 ? 64 : 52) else {
            throw ELFFailure(.tooShort, at: 0, found: "\(bytes.count) bytes")
        }
        is64 = source.is64
        isBigEndian = source.isBigEndian
        self.machine = machine
        kind = [1: .relocatable, 2: .executable, 3: .shared, 4: .core][type] ?? .other
        var parts = ELFParts(source: source)
        parts.readSegments()
        apply(&parts)
    }

    private mutating func apply(_ parts: inout ELFParts) {
        stack = parts.stack
        interpreter = parts.interpreter
        isDynamic = parts.dynamic != nil
        instructionSets = parts.readInstructionSets()
        let dynamic = parts.readDynamic()
        needed = dynamic.needed
        soname = dynamic.soname
        rpath = dynamic.rpath
        runpath = dynamic.runpath
        versions = parts.readVersions(dynamic)
        strippable = parts.readSections()
        constants = parts.constants
        problems = parts.problems
    }
}

extension ELFFile {
    /// The processor as profiles name it (`x86_64`, `arm64`), or another short name.
    public var architecture: String {
        switch machine {
        case 3: "i386"
        case 8: "mips"
        case 21: isBigEndian ? "ppc64" : "ppc64le"
        case 22: "s390x"
        case 40: "arm"
        case 62: is64 ? "x86_64" : "x32"
        case 164: "hexagon"
        case 183: "arm64"
        case 190: "cuda"
        case 224: "amdgpu"
        case 243: is64 ? "riscv64" : "riscv32"
        case 247: "bpf"
        case 258: "loongarch64"
        default: "machine \(machine)"
        }
    }

    /// Whether the code is for a graphics or other side processor, and lies in the file system as data.
    public var isForDevice: Bool { [164, 190, 224, 247].contains(machine) }

    /// Which C library it was linked with; `nil` if nothing says so.
    public var libc: LibC? {
        let names = needed + [interpreter].compactMap { $0 }
        if names.contains(where: { $0.utf8.starts(with: "libc.musl-".utf8) || $0.contains("ld-musl-") }) {
            return .musl
        }
        if needed.contains("libc.so.6") || highestVersion("GLIBC") != nil { return .glibc }
        return needed.contains("libc.so") ? .musl : nil
    }

    /// The C libraries of Linux.
    public enum LibC: String, Hashable, Sendable {
        case glibc, musl
    }
}
