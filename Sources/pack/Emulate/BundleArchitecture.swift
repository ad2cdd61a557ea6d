import PackIO
import PackLab

/// Which architecture of a bundle is run here, and how.
enum BundleArchitecture {
    /// Whether the head of an ELF file says that it was made for arm64.
    static func isARM(_ head: [UInt8]) -> Bool {
        head.count >= 20 && Array(head[0..<4]) == [0x7F, 0x45, 0x4C, 0x46] && head[18] == 0xB7
    }

    /// A program that runs arm64 programs; nil where none is needed.
    static var translator: String? { BundleProof.hostArchitecture == "arm64" ? nil : BundleProof.emulator() }

    /// A program that runs an image's on this machine.
    static func translator(for path: String, _ architecture: String) throws -> String {
        guard architecture == "arm64", let found = translator else {
            throw Refusal(
                facts: ErrorFacts(
                    "is made for another architecture than this machine's", file: path, found: architecture,
                    expected: BundleProof.hostArchitecture,
                    hint: architecture == "arm64" ? "qemu-aarch64-static runs it, where it is installed" : nil))
        }
        return found
    }

    /// Unpacks an image: for this machine's architecture if the platform and the image have it.
    ///
    /// - Parameter offered: The platform's.
    /// - Throws: `EmulationError.otherArchitecture` where it is made for none of them.
    static func image(_ path: String, among offered: [String]) throws -> ContainerImage {
        let host = BundleProof.hostArchitecture
        var found = "none"
        for wanted in (offered.contains(host) ? [host] : []) + offered.filter({ $0 != host }) {
            do throws(EmulationError) {
                return try ContainerImage(path, architecture: wanted)
            } catch {
                guard case .otherArchitecture(_, let others, _) = error else { throw error }
                found = others
            }
        }
        throw EmulationError.otherArchitecture(path: path, found: found, expected: offered.joined(separator: " or "))
    }
}
