import CArchive
import Foundation
import PackLab
import Testing

/// Writes a zip file with entries as they are given: name, content, mode.
func writeZip(_ entries: [(name: String, content: [UInt8], mode: UInt32)], to path: String) {
    let archive = archive_write_new()
    archive_write_set_format_zip(archive)
    archive_write_open_filename(archive, path)
    for entry in entries {
        let header = archive_entry_new()
        archive_entry_set_pathname(header, entry.name)
        archive_entry_set_mode(header, mode_t(entry.mode))
        if entry.mode & 0o170000 == 0o120000 { archive_entry_set_symlink(header, "/etc/passwd") }
        archive_entry_set_size(header, Int64(entry.content.count))
        archive_write_header(archive, header)
        _ = entry.content.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
        archive_entry_free(header)
    }
    archive_write_free(archive)
}

/// A path in the temporary folder that nobody else uses.
func temporaryPath(_ name: String) -> String {
    "\(NSTemporaryDirectory())/pack-lab-tests-\(UUID().uuidString)-\(name)"
}

@Suite struct BundleUnpackerTests {
    private func open(
        _ entries: [(name: String, content: [UInt8], mode: UInt32)], limit: Int = 1 << 20
    ) throws -> LambdaEmulator {
        let path = temporaryPath("bundle.zip")
        defer { unlink(path) }
        writeZip(entries, to: path)
        var settings = LambdaSettings()
        settings.unpackedLimit = limit
        return try LambdaEmulator(bundle: path, settings: settings)
    }

    private let program: (name: String, content: [UInt8], mode: UInt32) = (
        "bootstrap", Array("#!/bin/sh\n".utf8), 0o100755
    )

    @Test func bytesAreCounted() throws {
        let emulator = try open([program, ("folder/model.pack", [UInt8](repeating: 1, count: 1000), 0o100644)])
        #expect(emulator.unpackedBytes == 1010)
    }

    @Test(arguments: ["/etc/evil", "../evil", "a/../../evil", ".."])
    func namesThatLeaveTheFolder(name: String) {
        #expect {
            try open([program, (name, [1], 0o100644)])
        } throws: { error in
            if case EmulationError.unsafeEntry(_, name) = error { true } else { false }
        }
    }

    @Test func linksAreRefused() {
        #expect {
            try open([program, ("link", [], 0o120777)])
        } throws: { error in
            if case EmulationError.unsafeEntry = error { true } else { false }
        }
    }

    @Test func sizeIsLimited() {
        #expect {
            try open([program, ("zeros", [UInt8](repeating: 0, count: 2 << 20), 0o100644)])
        } throws: { error in
            if case EmulationError.tooLarge(_, 1 << 20) = error { true } else { false }
        }
    }

    @Test func bootstrapIsChecked() {
        #expect {
            try open([("model.pack", [1], 0o100644)])
        } throws: { if case EmulationError.noBootstrap = $0 { true } else { false } }
        #expect {
            try open([("bootstrap", [1], 0o100644)])
        } throws: { if case EmulationError.notExecutable = $0 { true } else { false } }
        #expect {
            try open([program, program])
        } throws: { if case EmulationError.badArchive = $0 { true } else { false } }
    }

    @Test func noArchive() {
        let path = temporaryPath("nonsense.zip")
        defer { unlink(path) }
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 7, count: 5000))
        #expect { try LambdaEmulator(bundle: path) } throws: {
            if case EmulationError.badArchive = $0 { true } else { false }
        }
        #expect { try LambdaEmulator(bundle: path + "x") } throws: {
            if case EmulationError.badArchive = $0 { true } else { false }
        }
    }
}
