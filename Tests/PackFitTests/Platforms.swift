import PackFit
import PackProfiles

private let source = "source: a page, date: 2026-01-01, verified: true"

/// A platform that takes zips: 1000 B zipped (liftable), 5000 B unpacked, 300 to 10,000 B of memory in steps of 100.
func zipPlatform(libc: String = "{name: glibc, version: \"2.34\", \(source)}") throws -> Profile {
    try ProfileReader.read(
        """
        schema: pack.profile/1
        name: zip-platform
        title: A platform
        as-of: 2026-01-31
        packaging: zip
        protocol: http
        files-count-as-memory: false
        architectures:
          - {name: x86_64, features: [sse2, avx2], \(source)}
          - {name: arm64, features: [neon], \(source)}
        libc: \(libc)
        limits:
          package.zipped: {value: 1000, unit: B, lifted-by: another way, \(source)}
          package.unpacked: {value: 5000, unit: B, \(source)}
          memory.minimum: {value: 300, unit: B, \(source)}
          memory.default: {value: 400, unit: B, \(source)}
          memory.maximum: {value: 10000, unit: B, \(source)}
          memory.step: {value: 100, unit: B, \(source)}
          disk.default: {value: 50, unit: B, \(source)}
          disk.maximum: {value: 100, unit: B, \(source)}
          startup.time: {value: 10, unit: s, \(source)}
          request.time: {value: 60, unit: s, \(source)}
          gateway.time: {value: 29, unit: s, \(source)}
          request.size: {value: 600, unit: B, \(source)}
          response.size: {value: 700, unit: B, \(source)}
        """, file: "zip-platform.yaml")
}

/// A platform that takes images of any size, where written files count as memory, of which there are 1000 B.
func imagePlatform() throws -> Profile {
    try ProfileReader.read(
        """
        schema: pack.profile/1
        name: image-platform
        title: Another platform
        as-of: 2026-01-31
        packaging: image
        protocol: http
        files-count-as-memory: true
        architectures: [{name: x86_64, features: [sse2], \(source)}]
        libc: {name: any, \(source)}
        limits:
          image.size: {value: none, \(source)}
          memory.default: {value: 500, unit: B, \(source)}
          memory.maximum: {value: 1000, unit: B, \(source)}
          disk.maximum: {value: 1000, unit: B, \(source)}
          startup.time: {value: 10, unit: s, \(source)}
          request.time: {value: 60, unit: s, \(source)}
        """, file: "image-platform.yaml")
}

/// Something that fits both.
func fittingFacts() -> FitFacts {
    var facts = FitFacts()
    facts.zipped = Known(bytes: 900, .measured)
    facts.unpacked = Known(bytes: 1000, .measured)
    facts.image = Known(bytes: 1000, .measured)
    facts.written = Known(bytes: 0, .computed)
    facts.peakMemory = Known(bytes: 800, .computed)
    facts.startup = Known(0.1, .measured)
    facts.architectures = [.init(name: "x86_64")]
    facts.libc = .nothing
    return facts
}

/// The check of one rule.
func check(_ id: Check.ID, _ facts: FitFacts, on profile: Profile) -> Check? {
    Fit(facts, on: profile).checks.first { $0.id == id }
}
