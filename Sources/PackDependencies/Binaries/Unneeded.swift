import PackFormats

/// Shared libraries that nothing in the tree is seen to need. Programs can load libraries by names that they put
/// together while
/// they run, so this is never more than a doubt.
struct Unneeded {
    private let tree: FileTree
    private let installed: InstalledPackages
    private let binaries: Binaries

    /// The most bytes of a package's files that are searched for names.
    private static let searchedBytes = 256 << 20
    /// For each compiled file the parts of it that hold texts.
    private let constants: [Int: [Range<Int>]]

    init(_ tree: FileTree, _ installed: InstalledPackages, _ binaries: Binaries) {
        self.tree = tree
        self.installed = installed
        self.binaries = binaries
        constants = Dictionary(binaries.all.map { ($0.file, $0.elf.constants) }) { first, _ in first }
    }

    /// Libraries of packages that are no extension modules, that nothing has as DT_NEEDED, that no Python file and no
    /// constants of a
    /// library of their package name, and that are not named after another that is needed: those are loaded as its
    /// parts.
    func find() -> [Binaries.Binary] {
        var needed: Set<String> = []
        for binary in binaries.all { needed.formUnion(binary.elf.needed.map { String(PathParts.name($0)) }) }
        for file in tree.files {
            // A link that is needed makes what it leads to needed.
            if let link = file.link, needed.contains(String(file.name)) { needed.insert(String(PathParts.name(link))) }
        }
        let stems = Set(needed.lazy.filter { $0.utf8.starts(with: "lib".utf8) }.map { Unneeded.stem($0[...]) })
        let candidates = binaries.all.filter { isCandidate($0, needed) && !isPart($0, of: stems) }
        let byPackage = Dictionary(grouping: candidates) { $0.package ?? -1 }
        var named: Set<Int> = []
        for (package, candidates) in byPackage { search(package, candidates, &named) }
        return candidates.filter { !named.contains($0.file) }
    }

    private func isCandidate(_ binary: Binaries.Binary, _ needed: Set<String>) -> Bool {
        guard binary.package != nil, binary.elf.kind == .shared, binary.elf.isDynamic, binary.elf.interpreter == nil
        else {
            return false
        }
        let name = tree.files[binary.file].name
        // Extension modules of Python don't begin with `lib`, or carry a tag.
        guard name.utf8.starts(with: "lib".utf8), BinaryNames.python(ofExtension: name) == nil,
            !name.endsInBytes(".abi3.so")
        else { return false }
        return !needed.contains(String(name)) && !(binary.elf.soname.map { needed.contains($0) } ?? false)
    }

    /// Whether its name is that of a needed library with more behind a `_` or `-`: `libcudnn_ops`, `libnvrtc-builtins`.
    private func isPart(_ binary: Binaries.Binary, of stems: Set<[UInt8]>) -> Bool {
        let stem = Unneeded.stem(tree.files[binary.file].name)
        return stem.indices.contains { index in
            (stem[index] == UInt8(ascii: "_") || stem[index] == UInt8(ascii: "-"))
                && stems.contains(Array(stem[..<index]))
        }
    }

    /// The part of a name between `lib` and the first dot.
    private static func stem(_ name: Substring) -> [UInt8] {
        Array((name.utf8.firstIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? name).utf8.dropFirst(3))
    }

    private func search(_ package: Int, _ candidates: [Binaries.Binary], _ named: inout Set<Int>) {
        guard installed.packages.indices.contains(package) else { return }
        var left = Unneeded.searchedBytes
        let searched = installed.packages[package].files.filter { index in
            let file = tree.files[index]
            let bytes =
                constants[index].map { $0.reduce(0) { $0 + $1.count } }
                ?? (file.path.endsInBytes(".py") ? file.bytes : 0)
            guard file.link == nil, bytes > 0, bytes <= left else { return false }
            left -= bytes
            return true
        }
        let files = Dictionary(grouping: candidates.map(\.file)) { Unneeded.stem(tree.files[$0].name) }
        let found = tree.read(searched, limit: Binaries.fileLimit) { index, bytes in
            var found: Set<Int> = []
            for range in constants[index] ?? [0..<bytes.count] where range.upperBound <= bytes.count {
                Unneeded.forEachLibraryName(in: UnsafeRawBufferPointer(rebasing: bytes[range])) { name in
                    for file in files[name] ?? [] where file != index { found.insert(file) }
                }
            }
            return found
        }
        for (_, seen) in found.results { named.formUnion(seen) }
    }

    /// Calls a closure with each run of letters, digits, `_`, `-` and `+` behind `lib`.
    private static func forEachLibraryName(in bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) {
        guard bytes.count > 3 else { return }
        var position = 0
        while position < bytes.count - 3 {
            // The last letter of `lib` is seldom found, and tells how far the next can be.
            guard bytes[position + 2] == UInt8(ascii: "b") else {
                position += bytes[position + 2] == UInt8(ascii: "i") || bytes[position + 2] == UInt8(ascii: "l") ? 1 : 3
                continue
            }
            guard bytes[position] == UInt8(ascii: "l"), bytes[position + 1] == UInt8(ascii: "i") else {
                position += 1
                continue
            }
            let rest = bytes[(position + 3)..<min(bytes.count, position + 131)]
            let name = rest.prefix { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x5F || byte == 0x2D
                    || byte == 0x2B
            }
            body(Array(name))
            position += 3
        }
    }
}
