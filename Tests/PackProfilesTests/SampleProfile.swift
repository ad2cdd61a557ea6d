import PackProfiles

/// A small valid profile, to be broken in one place a test.
let sampleProfile = """
    schema: pack.profile/1
    name: sample
    title: A platform
    as-of: 2026-01-31
    packaging: zip
    protocol: http
    files-count-as-memory: false
    architectures:
      - {name: x86_64, features: [sse2, avx2], source: a page, date: 2026-01-01, verified: true}
    libc: {name: glibc, version: "2.34", source: a page, date: 2026-01-01, verified: true}
    limits:
      package.zipped: {value: 50, unit: MiB, source: a page, date: 2026-01-01, verified: true}
      package.unpacked: {value: 250, unit: MiB, source: a page, date: 2026-01-01, verified: true}
      memory.minimum: {value: 128, unit: MiB, source: a page, date: 2026-01-01, verified: true}
      memory.default: {value: 128, unit: MiB, source: a page, date: 2026-01-01, verified: false}
      memory.maximum: {value: 1024, unit: MiB, source: a page, date: 2026-01-01, verified: true}
      memory.step: {value: 64, unit: MiB, source: a page, date: 2026-01-01, verified: true}
      startup.time: {value: 10, unit: s, source: a page, date: 2026-01-01, verified: true}
      request.time: {value: 15, unit: min, source: a page, date: 2026-01-01, verified: true, note: long}
    sizes:
      {unit: GiB, source: a page, date: 2026-01-01, verified: true, rows: [{vcpus: 0.5, minimum: 0.125, maximum: 1}]}
    environment: {source: a page, date: 2026-01-01, verified: true, variables: {TZ: UTC}}
    prices:
      requests: {value: 0.2, unit: USD/million requests, source: a page, date: 2026-01-01, verified: true}

    """

/// The sample with one text replaced by another.
func sample(_ old: String, _ new: String) -> String {
    var text = sampleProfile
    if let range = text.firstRange(of: old) { text.replaceSubrange(range, with: new) }
    return text
}
