extension WasteFinder {
    /// Folders of tests, documentation, examples, headers and translations, by the components of a path below its site.
    func folder(_ path: String, _ package: InstalledPackage, _ file: Int) -> Verdict? {
        let site = facts.installed.sites[package.site].path
        let rest = path.utf8.dropFirst(site.isEmpty ? 0 : site.utf8.count + 1)
        var end = site.isEmpty ? path.startIndex : rest.startIndex
        for part in rest.split(separator: UInt8(ascii: "/")).dropLast() {
            end = part.endIndex
            let name = Substring(part)
            if ["tests", "test"].contains(where: { part.elementsEqual($0.utf8) }) {
                guard !isReached(below: path[..<end]) else { return nil }
                return Verdict(
                    .tests, facts.imports.isKnown ? .safe : .doubtful,
                    facts.imports.isKnown
                        ? "No code that may be loaded imports these tests."
                        : "Tests are seldom imported; without an entry point that can't be checked.")
            }
            if ["doc", "docs", "example", "examples", "samples"].contains(where: { part.elementsEqual($0.utf8) }) {
                return documentation(path[..<end])
            }
            if name.utf8.elementsEqual("include".utf8), !isCode(path) { return header(package) }
        }
        return nil
    }

    /// Some packages have modules in such folders that they import.
    private func documentation(_ folder: Substring) -> Verdict? {
        guard paths[folder + "/__init__.py"] != nil else {
            return Verdict(.documentation, .safe, "It holds documentation or examples, and can't be imported.")
        }
        guard facts.imports.isKnown, !isReached(below: folder) else { return nil }
        return Verdict(.documentation, .doubtful, "It is a module by its form, but nothing was seen to import it.")
    }

    private func isReached(below folder: Substring) -> Bool {
        let range = paths.range(below: folder)
        var (low, high) = (0, reached.count)
        while low < high {
            let middle = (low + high) / 2
            if reached[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < reached.count && reached[low] < range.upperBound
    }

    private func isCode(_ path: String) -> Bool {
        path.endsInBytes(".py") || path.endsInBytes(".so") || path.endsInBytes(".json") || path.endsInBytes(".pyc")
    }

    private func header(_ package: InstalledPackage) -> Verdict {
        let compiles = ["torch", "triton", "jax", "jaxlib", "cppyy", "tensorflow", "pybind11", "cffi", "numba"]
        return compiles.contains(package.normalizedName)
            ? Verdict(.headers, .doubtful, "Headers are for compiling, which this package can also do while it runs.")
            : Verdict(.headers, .safe, "Headers are for compiling against the package.")
    }

    /// Files by what their names end with.
    func suffix(_ file: Int, _ traits: PackageTraits) -> Verdict? {
        let name = facts.tree.files[file].name.utf8
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        guard let package = facts.installed.package(ofFile: file).map({ facts.installed.packages[$0] }) else {
            return nil
        }
        switch String(Substring(name[dot...])) {
        case ".h", ".hpp", ".hxx", ".hh", ".cuh", ".inl": return header(package)
        case ".pyx", ".pxd": return Verdict(.sources, .safe, "Cython sources are for compiling.")
        case ".pyi":
            return traits.readsStubs
                ? nil : Verdict(.sources, .safe, "Types are for checkers and editors.")
        case ".a", ".lib": return Verdict(.staticLibraries, .safe, "Static libraries are for linking.")
        case ".po", ".pot":
            return Verdict(.translations, .safe, "It is a source of translations, which programs read compiled.")
        case ".mo": return Verdict(.translations, .doubtful, "Translations are for other languages than English.")
        default: return nil
        }
    }
}

/// What is to be known of a package for all of its files.
struct PackageTraits {
    /// What is said of all of its files; `nil` if they are looked at one by one.
    var verdict: WasteFinder.Verdict?
    /// Whether it reads its `.pyi` files while it runs.
    var readsStubs: Bool

    init(_ package: InstalledPackage, isRequired: Bool, use: Bool?, hasGraphics: Bool) {
        // lazy-loader's `attach_stub` reads what a package exports from its `.pyi`.
        readsStubs = package.requires.contains { line in
            line.utf8.starts(with: "lazy-loader".utf8) || line.utf8.starts(with: "lazy_loader".utf8)
        }
        if !hasGraphics, GraphicsNames.isGraphics(package.normalizedName) {
            verdict = WasteFinder.Verdict(
                .graphics, .doubtful,
                isRequired
                    ? "It is for graphics processors. What requires it may link with it: install that one's build for CPUs."
                    : "It is for graphics processors.")
        } else if ["pip", "setuptools", "wheel"].contains(package.normalizedName), use != true {
            verdict = WasteFinder.Verdict(
                .installers, isRequired ? .doubtful : .safe,
                isRequired
                    ? "It installs packages, but another package requires it."
                    : "It installs packages, which a deployment does not.")
        }
    }
}

/// Names of what is for graphics processors.
enum GraphicsNames {
    /// Packages, by normalized names.
    static func isGraphics(_ name: String) -> Bool {
        let names = [
            "triton", "pytorch-triton", "pytorch-triton-rocm", "cuda-bindings", "cuda-pathfinder", "cuda-toolkit",
            "cuda-python",
        ]
        return names.contains(name)
            || ["nvidia-", "cupy-cuda", "cupy-rocm", "rocm-"].contains { name.utf8.starts(with: $0.utf8) }
    }

    /// Files of packages that are for CPUs too.
    static func verdict(on name: Substring) -> WasteFinder.Verdict? {
        if [
            "libonnxruntime_providers_cuda.so", "libonnxruntime_providers_tensorrt.so",
            "libonnxruntime_providers_rocm.so",
        ]
        .contains(where: { name.utf8.elementsEqual($0.utf8) }) {
            return WasteFinder.Verdict(.graphics, .safe, "It is loaded only when a graphics processor is asked for.")
        }
        let beginnings = [
            "libtorch_cuda", "libtorch_hip", "libc10_cuda", "libc10_hip", "libtorch_nvshmem", "libcaffe2_nvrtc",
        ]
        guard beginnings.contains(where: { name.utf8.starts(with: $0.utf8) }) else { return nil }
        return WasteFinder.Verdict(
            .graphics, .doubtful,
            "It is for graphics processors, but the package links with it: install its build for CPUs.")
    }
}
