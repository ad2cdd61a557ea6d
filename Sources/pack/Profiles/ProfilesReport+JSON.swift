import PackProfiles
import PackReport

extension ProfilesReport {
    /// Everything in the profiles.
    static func json(_ profiles: [Profile]) -> JSON {
        ["schema": "pack.profiles/1", "profiles": .array(profiles.map(json))]
    }

    private static func json(_ profile: Profile) -> JSON {
        [
            "name": .string(profile.name),
            "title": .string(profile.title),
            "asOf": .string(profile.asOf),
            "packaging": .string(profile.packaging.rawValue),
            "protocol": .string(profile.requestProtocol.rawValue),
            "runtime": .optional(profile.runtime),
            "python": .array(profile.python.map { .string($0) }),
            "default": .bool(profile.isDefault),
            "programVariant": .optional(profile.programVariant),
            "imageVariant": .optional(profile.imageVariant),
            "billing": .optional(profile.billing?.rawValue),
            "filesCountAsMemory": .bool(profile.filesCountAsMemory),
            "architectures": .array(profile.architectures.map(json)),
            "libc": json(profile.libc),
            "limits": .object(named(profile.limits)),
            "unknownLimits": .array(profile.unknownLimits.map { .string($0.rawValue) }),
            "memorySizes": .array(profile.memorySizes.map { .int($0) }),
            "prices": .object(named(profile.prices)),
            "pricedAs": .optional(profile.pricedAs),
            "scaling": .object(
                Dictionary(uniqueKeysWithValues: profile.scaling.map { ($0.rawValue, .object(named($1))) })),
            "sizes": .array(profile.sizes.map(json)),
            "environment": .object(profile.environment.mapValues { .string($0) }),
        ]
    }

    private static func named<ID: RawRepresentable<String>>(_ quantities: [ID: Quantity]) -> [String: JSON] {
        Dictionary(quantities.map { ($0.key.rawValue, json($0.value)) }) { first, _ in first }
    }

    private static func json(_ quantity: Quantity) -> JSON {
        var entries = fields(quantity.provenance)
        entries["value"] = .whole(quantity.value)
        entries["unit"] = .optional(quantity.value == nil ? nil : quantity.unit)
        entries["base"] = .whole(quantity.base)
        if let way = quantity.liftedBy { entries["liftedBy"] = .string(way) }
        return .object(entries)
    }

    private static func json(_ architecture: Profile.Architecture) -> JSON {
        var entries = fields(architecture.provenance)
        entries["name"] = .string(architecture.name)
        entries["features"] = .array(architecture.features.map { .string($0) })
        return .object(entries)
    }

    private static func json(_ libc: Profile.LibC) -> JSON {
        var entries = fields(libc.provenance)
        entries["name"] = .string(libc.kind.rawValue)
        entries["version"] = .optional(libc.version)
        return .object(entries)
    }

    private static func json(_ size: Profile.Size) -> JSON {
        var entries = fields(size.provenance)
        entries["vcpus"] = .whole(size.vcpus)
        entries["minimum"] = .int(size.minimum)
        entries["maximum"] = .int(size.maximum)
        if let step = size.step { entries["step"] = .int(step) }
        return .object(entries)
    }

    private static func fields(_ provenance: Provenance) -> [String: JSON] {
        var entries: [String: JSON] = [
            "source": .string(provenance.source), "date": .string(provenance.date),
            "verified": .bool(provenance.verified),
        ]
        if let note = provenance.note { entries["note"] = .string(note) }
        return entries
    }
}
