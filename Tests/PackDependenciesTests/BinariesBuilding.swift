/// A small shared library of 64 bits, least significant byte first: a header, segments, names, needed versions of `libc.so.6`, the
/// dynamic segment, and a debug section where there are bytes for it.
func sharedLibrary(
    machine: UInt16 = 62, needed: [String] = ["libc.so.6"], soname: String? = nil, glibc: [String] = ["2.17"],
    stack: UInt32 = 6,
    debug: Int = 0, constants: String = ""
) -> [UInt8] {
    func half(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
    func word(_ value: Int) -> [UInt8] { half(value & 0xFFFF) + half(value >> 16) }
    func long(_ value: Int) -> [UInt8] { word(value & 0xFFFF_FFFF) + word(value >> 32) }
    var names: [UInt8] = [0]
    func name(_ text: String) -> Int {
        names += Array(text.utf8) + [0]
        return names.count - text.utf8.count - 1
    }
    var dynamic = needed.map { (1, name($0)) } + (soname.map { [(14, name($0))] } ?? [])
    var versions: [UInt8] = []
    if !glibc.isEmpty {
        versions = half(1) + half(glibc.count) + word(name("libc.so.6")) + word(16) + word(0)
        for (index, version) in glibc.enumerated() {
            versions +=
                word(0) + half(0) + half(2) + word(name("GLIBC_\(version)")) + word(index == glibc.count - 1 ? 0 : 16)
        }
    }
    let start = 64 + 3 * 56
    let versionsOffset = start + names.count
    dynamic +=
        [(5, start), (10, names.count)] + (glibc.isEmpty ? [] : [(0x6FFF_FFFE, versionsOffset), (0x6FFF_FFFF, 1)])
    let table = (dynamic + [(0, 0)]).flatMap { long($0.0) + long($0.1) }
    let tableOffset = versionsOffset + versions.count
    let debugOffset = tableOffset + table.count
    let constantsOffset = debugOffset + debug
    let sectionNames = Array("\0.debug_info\0.rodata\0".utf8)
    let namesOffset = constantsOffset + constants.utf8.count
    func segment(_ type: Int, _ flags: Int, _ offset: Int, _ length: Int) -> [UInt8] {
        word(type) + word(flags) + long(offset) + long(offset) + long(offset) + long(length) + long(length) + long(1)
    }
    func section(_ name: Int, _ type: Int, _ flags: Int, _ offset: Int, _ length: Int) -> [UInt8] {
        word(name) + word(type) + long(flags) + long(0) + long(offset) + long(length) + word(0) + word(0) + long(1)
            + long(0)
    }
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    bytes +=
        half(3) + half(Int(machine)) + word(1) + long(0) + long(64) + long(namesOffset + sectionNames.count) + word(0)
    bytes += half(64) + half(56) + half(3) + half(64) + half(4) + half(3)
    bytes +=
        segment(1, 5, 0, debugOffset) + segment(2, 6, tableOffset, table.count) + segment(0x6474_E551, Int(stack), 0, 0)
    bytes += names + versions + table + [UInt8](repeating: 0x64, count: debug) + Array(constants.utf8) + sectionNames
    bytes += section(0, 0, 0, 0, 0) + section(1, 1, 0, debugOffset, debug)
    return bytes + section(13, 1, 2, constantsOffset, constants.utf8.count)
        + section(0, 3, 0, namesOffset, sectionNames.count)
}
