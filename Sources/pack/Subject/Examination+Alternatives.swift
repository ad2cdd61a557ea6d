import PackDependencies
import PackFit
import PackIO
import PackProfiles

extension Examination {
    /// Lets uv or pip name the newest release, up to the one that is there, of the package that asks for the newest C
    /// library, for each platform whose library is older. Where none is found there, nothing is said.
    mutating func findAlternatives(_ options: StackOptions, _ platforms: [Profile]) throws {
        guard let stack, case .glibc(let needed) = asItIs.libc, let binaries = stack.binaries,
            let index = binaries.highest("GLIBC", architecture: asItIs.architectures?.first?.name)?.package
        else { return }
        let package = stack.packages.packages[index]
        let resolver = try Subject.resolver(options)
        for platform in platforms where platform.libc.kind == .glibc {
            guard let there = platform.libc.version, let old = Version(there), let new = Version(needed), old < new,
                asItIs.libcAlternatives[there] == nil
            else { continue }
            let selection = DependencySelection(target: options.environment(of: platform, found: stack.python))
            let resolved = try? resolver.resolve(.texts(["\(package.name)<=\(package.version)"]), selection: selection)
            guard let version = resolved?.packages.first(where: { $0.name == package.normalizedName })?.version else {
                continue
            }
            asItIs.libcAlternatives[there] =
                version == package.version ? "another wheel of it" : "\(package.name) \(version)"
        }
    }
}
