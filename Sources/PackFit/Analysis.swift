import PackProfiles

/// All that an analysis says: what the model is, what each platform says to it, and what would help.
public struct Analysis: Sendable {
    /// What was analyzed, as it was given.
    public var name: String
    /// The model, if there is one.
    public var model: ModelFacts?
    /// Bundles that could be made of it.
    public var predictions: [Prediction]
    /// Why no bundle can be made of it, if that is so.
    public var obstacle: String?
    /// What each platform says.
    public var answers: [Answer]
    /// What was not looked at.
    public var notLookedAt: [String]

    /// What one platform says.
    public struct Answer: Sendable {
        /// To the files as they are.
        public var fit: Fit
        /// What could be deployed instead, best first; programs as `bundlePlatform` judges them.
        public var remedies: [Remedy]
        /// The profile that bundles are judged by: the platform's for programs, where this one calls functions.
        public var bundlePlatform: Profile
        /// Ways to make it fit, of several steps as well, best first.
        public var plans: Plans
    }

    /// Judges a deployment on platforms.
    ///
    /// - Parameters:
    ///   - name: What is analyzed, as it was given.
    ///   - model: What was found out about the model, if there is one.
    ///   - asItIs: What is known about deploying its files as they are.
    ///   - measured: What runs showed, for each of the platforms; empty if there were none.
    ///   - predictions: Bundles that could be made of it, with the least loss first.
    ///   - obstacle: Why no bundle can be made of it, if that is so.
    ///   - notLookedAt: What was not looked at.
    ///   - profiles: The platforms.
    ///   - savings: What could be left out of the files; they share no byte.
    ///   - components: The parts that the files consist of and that are needed.
    ///   - others: All platforms that the files may be deployed on instead; asked for only where one is needed that is not
    ///     among `profiles`.
    public init(
        name: String, model: ModelFacts?, asItIs: FitFacts, measured: [FitFacts.Measured] = [],
        predictions: [Prediction], obstacle: String?,
        notLookedAt: [String],
        profiles: [Profile], savings: [Saving] = [], components: [Component] = [], others: () -> [Profile] = { [] }
    ) {
        self.name = name
        self.model = model
        self.predictions = predictions
        self.obstacle = obstacle
        self.notLookedAt = notLookedAt
        var all: [Profile]?
        func platforms(beside profile: Profile, _ verdict: Fit.Verdict) -> [Profile] {
            let variants = [profile.programVariant, profile.imageVariant].compactMap { $0 }
            let isEnough = variants.allSatisfy { name in profiles.contains { $0.name == name } }
            if verdict != .doesNotFit, isEnough { return profiles }
            let known = all ?? others()
            all = known
            return known.isEmpty ? profiles : known
        }
        answers = profiles.enumerated().map { number, profile in
            var asItIs = asItIs
            if number < measured.count { asItIs.measured = measured[number] }
            let fit = Fit(asItIs, on: profile)
            let others = platforms(beside: profile, fit.verdict)
            let program = profile.programProfile(among: others) ?? profile
            let alternatives = predictions.enumerated().map { index, prediction in
                let action = "slim --quantize \(prediction.quantization)"
                return Alternative(
                    action: action,
                    command:
                        "pack slim \(shellQuoted(model?.path ?? name)) --target \(profile.programVariant ?? profile.name) --quantize \(prediction.quantization)",
                    loss: index, facts: Self.facts(of: prediction.bundle(for: program), for: model))
            }
            return Answer(
                fit: fit,
                remedies: PackFit.remedies(for: asItIs, on: program, alternatives: alternatives),
                bundlePlatform: program,
                plans: Plans(
                    for: asItIs, on: profile, savings: savings, alternatives: alternatives, components: components,
                    others: others))
        }
    }

    /// A bundle's facts, with what follows from the model: how long it takes to wake up, and how large an answer is.
    public static func facts(of prediction: Prediction, for model: ModelFacts?) -> FitFacts {
        var facts = prediction.facts
        facts.startup = startup(ofBundle: prediction.unpackedBytes)
        facts.response = model.flatMap(responseBytes)
        facts.entryPoint = .program(name: "bootstrap", isExecutable: true)
        facts.layerCount = 0
        facts.missingLibraries = []
        return facts
    }

    /// How long a bundle takes to wake up: the process itself 5 to 100 ms, its files read at 2 GB/s (page cache) to 0.1 GB/s
    /// (a cold disk).
    public static func startup(ofBundle bytes: Int) -> Known {
        Known(
            low: 0.005 + Double(bytes) / 2e9, high: 0.1 + Double(bytes) / 1e8, how: .assumed,
            note: "files read at 0.1 to 2 GB/s")
    }

    /// An answer to one input of the greatest length: a number takes up to 14 bytes in JSON, comma included.
    private static func responseBytes(of model: ModelFacts) -> Known? {
        var count = 0
        for output in model.outputs {
            guard let elements = output.count else { return nil }
            count += elements
        }
        guard count > 0 else { return nil }
        return Known(
            low: Double(count) * 2, high: Double(count) * 14 + 1024, how: .estimated,
            note: "one input of the greatest length")
    }
}

/// The text as one word of a shell's command line.
package func shellQuoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","):
            true
        default: false
        }
    }
    if plain, !text.isEmpty, !text.hasPrefix("-") { return text }
    var quoted = "'"
    for scalar in text.unicodeScalars {
        if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
    }
    return (text.hasPrefix("-") ? "./" : "") + quoted + "'"
}
