import PackProfiles
import Testing

/// Every profile that comes with the tool holds together.
@Suite struct ShippedProfileTests {
    static let profiles = (try? ProfileLibraryTests.library.all()) ?? []

    @Test func theyAreThere() throws {
        #expect(Self.profiles.count == 23)
        let defaults = try ProfileLibraryTests.library.profiles(for: []).map(\.name)
        #expect(
            defaults == [
                "cloud-run", "cloud-run-2020", "kubernetes", "lambda", "lambda-2020", "lambda-image", "lambda-python",
            ])
    }

    @Test(arguments: profiles.map(\.name)) func numbersAreOfThisWorld(_ name: String) throws {
        let profile = try ProfileLibraryTests.library.profile(name)
        func within(_ id: LimitID, _ range: ClosedRange<Double>) {
            guard let value = profile.limits[id]?.base else { return }
            #expect(range.contains(value), "\(id.rawValue)")
        }
        let mebibyte = 1_048_576.0
        within(.packageZipped, 10 * mebibyte...2048 * mebibyte)
        within(.packageUnpacked, 200 * mebibyte...4096 * mebibyte)
        within(.imageSize, 1024 * mebibyte...65536 * mebibyte)
        within(.memoryMinimum, 100 * mebibyte...2048 * mebibyte)
        within(.memoryMaximum, 1000 * mebibyte...131_072 * mebibyte)
        within(.diskMaximum, 500 * mebibyte...262_144 * mebibyte)
        within(.startupTime, 5...3600)
        within(.requestTime, 10...86400)
        within(.requestSize, mebibyte...200 * mebibyte)
        within(.responseSize, mebibyte...200 * mebibyte)
        if let zipped = profile.limits[.packageZipped]?.base, let unpacked = profile.limits[.packageUnpacked]?.base {
            #expect(zipped <= unpacked)
        }
        if let memory = profile.prices[.memory_x86_64]?.base { #expect((1e-7...1e-4).contains(memory)) }
        if let cpu = profile.prices[.cpu]?.base { #expect((1e-6...1e-3).contains(cpu)) }
        if let request = profile.prices[.requests]?.base { #expect((1e-8...1e-5).contains(request)) }
        #expect(profile.prices.isEmpty == (profile.billing == nil))
    }

    @Test(arguments: profiles.map(\.name)) func everythingHasASourceAndADate(_ name: String) throws {
        let profile = try ProfileLibraryTests.library.profile(name)
        let statements =
            profile.limits.values.map(\.provenance) + profile.prices.values.map(\.provenance)
            + profile.scaling.values.flatMap { $0.values.map(\.provenance) } + profile.architectures.map(\.provenance)
            + [profile.libc.provenance] + profile.sizes.map(\.provenance)
        for statement in statements {
            #expect(statement.source.count > 5)
            #expect(("2019-01-01"..."2026-11-23").contains(statement.date))
            // What was only recalled says so, and is not called verified.
            #expect(!statement.verified || !statement.source.hasPrefix("recalled"))
            #expect(!statement.verified || !statement.source.hasPrefix("not found"))
        }
    }

    @Test(arguments: profiles.map(\.name)) func whatItRefersToIsThere(_ name: String) throws {
        let profile = try ProfileLibraryTests.library.profile(name)
        if let program = profile.programVariant {
            let other = try ProfileLibraryTests.library.profile(program)
            #expect(other.python.isEmpty)
            #expect(other.asOf == profile.asOf)
        }
        if let priced = profile.pricedAs {
            #expect(profile.prices.isEmpty)
            #expect(try !ProfileLibraryTests.library.profile(priced).prices.isEmpty)
        }
        guard let image = profile.imageVariant else { return }
        let other = try ProfileLibraryTests.library.profile(image)
        #expect(other.packaging == .image)
        #expect(other.asOf == profile.asOf)
    }

    @Test func pythonRuntimes() throws {
        let now = try ProfileLibraryTests.library.profile("lambda-python")
        #expect(now.python == ["3.12", "3.13", "3.14"])
        #expect(now.libc.version == "2.34")
        let then = try ProfileLibraryTests.library.profile("lambda-python-2020")
        #expect(then.python == ["3.8"])
        #expect(then.libc.version == "2.26")
        #expect(try ProfileLibraryTests.library.profile("lambda").python.isEmpty)
    }

    @Test(arguments: [
        ("fargate", 500, 512), ("fargate", 1500, 2048), ("fargate", 9000, 9216), ("fargate", 31000, 32768),
        ("app-runner", 2049, 3072), ("app-runner", 4097, 6144), ("azure-functions-flex", 100, 2048),
        ("azure-functions-flex", 2049, 4096), ("cloud-functions-gen1", 300, 512), ("sagemaker-serverless", 1025, 2048),
        ("azure-container-apps", 600, 1024), ("cloud-run", 300, 300), ("lambda", 300, 300), ("lambda-2020", 300, 320),
    ])
    func memoryThatCanBeSet(_ name: String, _ needed: Int, _ set: Int) throws {
        let profile = try ProfileLibraryTests.library.profile(name)
        #expect(profile.smallestMemory(holding: needed << 20) == set << 20)
    }

    @Test func targetsByNameFileOrAll() throws {
        let library = ProfileLibraryTests.library
        #expect(try library.profiles(for: ["all"]).count == Self.profiles.count)
        #expect(try library.profiles(for: []).count == 7)
        let some = try library.profiles(for: ["vercel", library.folder + "/lambda.yaml", "lambda", "vercel"])
        #expect(some.map(\.name) == ["vercel", "lambda"])
        #expect(throws: ProfileError.self) { try library.profiles(for: ["lambda", "absent"]) }
    }
}
