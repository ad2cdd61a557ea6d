import CPackKernels
import Foundation
import PackIO

/// The runtime of one architecture, as `make runtime` leaves it: an object that holds everything, and a program with all of
/// it linked.
public struct RuntimeLibrary: Sendable {
    /// `x86_64` or `arm64`.
    public let arch: String
    /// The folder with `runtime.o`, `all-slots` and `pack-run`.
    public let folder: String

    /// Names of the architectures that bundles can be made for.
    public static let architectures = ["x86_64", "arm64"]

    /// Finds the runtime: `runtime/ARCH` beside the executable, `share/pack/runtime/ARCH` in the prefix that it is installed
    /// in, or `build/runtime/ARCH` of the tree that it was built in.
    ///
    /// - Parameter executable: Absolute path of the program, links resolved.
    public static func locate(arch: String, executable: String) throws(BundleError) -> RuntimeLibrary {
        let start = (executable as NSString).deletingLastPathComponent
        var places = [
            "\(start)/runtime/\(arch)", "\((start as NSString).deletingLastPathComponent)/share/pack/runtime/\(arch)",
        ]
        var parent = start
        while parent.count > 1 {
            parent = (parent as NSString).deletingLastPathComponent
            if FileManager.default.fileExists(atPath: parent + "/Package.swift") {
                places.append("\(parent)/build/runtime/\(arch)")
            }
        }
        guard let found = places.first(where: { FileManager.default.fileExists(atPath: $0 + "/pack-run") }) else {
            throw .noRuntime(arch: arch, tried: places)
        }
        return RuntimeLibrary(arch: arch, folder: found)
    }

    /// A linked runtime and what is in it.
    public struct Program: Sendable {
        /// The executable's bytes.
        public let bytes: [UInt8]
        /// Operators in it, sorted.
        public let operators: [String]
        /// Kernels in it, `family/isa`, sorted.
        public let kernels: [String]
        /// Operators and kernels of the architecture that were left out, sorted.
        public let pruned: [String]
        /// Whether the linker was missing, so that everything was kept.
        public let isComplete: Bool
    }

    /// Links a runtime with only the named operators and families of kernels, all variants of each.
    ///
    /// Without `ld.lld` on the search path it gives the complete one.
    public func program(operators: [String], kernelFamilies: [String]) throws(BundleError) -> Program {
        let slots = try slots()
        let wantedOperators = operators.map { "pack_slot_\($0)" }
        let kernels = RuntimeLibrary.kernels(arch: arch)
        let wantedKernels = kernels.filter { kernelFamilies.contains($0.family) }
        for slot in wantedOperators + wantedKernels.map(\.slot) where slots[slot] == nil {
            throw .missingSymbol(slot, arch: arch)
        }
        let operatorNames = slots.keys.filter { $0.hasPrefix("pack_slot_") }.map { String($0.dropFirst(10)) }
        guard let linker = RuntimeLibrary.linker() else {
            return Program(
                bytes: try read(folder + "/pack-run"), operators: operatorNames.sorted(),
                kernels: kernels.map(\.name).sorted(), pruned: [], isComplete: true)
        }
        let flags = (wantedOperators + wantedKernels.map(\.slot)).compactMap { slots[$0] }
        let kept = Set(operators)
        let keptKernels = Set(wantedKernels.map(\.name))
        return Program(
            bytes: try link(linker, flags), operators: kept.sorted(), kernels: keptKernels.sorted(),
            pruned: operatorNames.filter { !kept.contains($0) }.sorted()
                + kernels.map(\.name).filter { !keptKernels.contains($0) }.sorted(),
            isComplete: false)
    }

    /// Bytes of the complete runtime, nothing pruned.
    public func completeBytes() throws(BundleError) -> Int { try read(folder + "/pack-run").count }

    private struct Kernel {
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

    /// The link flag that ties each slot.
    private func slots() throws(BundleError) -> [String: String] {
        let text = String(decoding: try read(folder + "/all-slots"), as: UTF8.self)
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=")
            if parts.count == 3 { result[String(parts[1])] = String(line) }
        }
        return result
    }

    private func read(_ path: String) throws(BundleError) -> [UInt8] {
        do throws(IOFailure) { return try FileContents.bytes(of: path, limit: 1 << 28) } catch { throw .io(error) }
    }

    /// `ld.lld` on the search path.
    private static func linker() -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let names = ["ld.lld", "ld.lld-19", "ld.lld-18", "ld.lld-17", "ld.lld-16", "ld.lld-15", "ld.lld-14"]
        for folder in path.split(separator: ":") {
            for name in names where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return "\(folder)/\(name)"
            }
        }
        return nil
    }

    private func link(_ linker: String, _ flags: [String]) throws(BundleError) -> [UInt8] {
        do {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: linker)
            process.arguments =
                ["-static", "--gc-sections", "-s"] + flags + [folder + "/runtime.o", "-o", "-"]
            let output = Pipe()
            let errors = Pipe()
            process.standardOutput = output
            process.standardError = errors
            let bytes: Data
            let message: Data
            do {
                try process.run()
                bytes = output.fileHandleForReading.readDataToEndOfFile()
                // The linker stops after 20 errors: they fit in the pipe while its output is read.
                message = errors.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
            } catch {
                throw BundleError.link("\(linker): \(error)")
            }
            guard process.terminationStatus == 0 else {
                throw BundleError.link(String(decoding: message.prefix(2000), as: UTF8.self))
            }
            return Array(bytes)
        } catch let error as BundleError {
            throw error
        } catch {
            throw .link("\(error)")
        }
    }
}
