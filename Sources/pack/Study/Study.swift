import FoundationEssentials
import PackFit
import PackIO
import PackLab
import PackProfiles
import PackServing
import PackSimulation

/// Measures bundles and stacks in turns, simulates fleets of them, and reckons what they cost.
final class Study {
    private let command: StudyCommand
    private let workload: StudyWorkload
    private let profiles: [Profile]
    private let stacks: [PythonStack]
    private let sandbox = Sandbox()
    private let progress = Progress()

    /// A contestant with what it needs to be started.
    private struct Entry {
        var contestant: StudyResult.Contestant
        let subject: StudySubject
        let server: StudyProgram
        var facts: PythonStack.Facts?
    }

    init(_ command: StudyCommand, _ workload: StudyWorkload, _ profiles: [Profile], _ stacks: [PythonStack]) {
        (self.command, self.workload, self.profiles, self.stacks) = (command, workload, profiles, stacks)
    }

    func run() throws -> StudyResult {
        defer { progress.finish() }
        var subjects: [StudySubject] = []
        for (index, path) in command.paths.enumerated() {
            progress.step("reading \(path)")
            let model = command.model.isEmpty ? nil : command.model[index]
            subjects.append(try StudySubject(path, model: model, quantize: command.quantize))
        }
        var entries = subjects.enumerated().flatMap { self.entries(of: $1, at: $0) }
        try measure(&entries)
        for index in entries.indices where entries[index].contestant.absence == nil {
            try finish(&entries[index])
        }
        var result = StudyResult(
            workload: workload, machine: Self.machine, settings: settings, profiles: profiles,
            contestants: entries.map(\.contestant))
        result.claims = StudyClaim.all(result)
        return result
    }

    // MARK: Who takes part

    private func entries(of subject: StudySubject, at place: Int) -> [Entry] {
        var bundle = StudyResult.Contestant(
            subject: subject.name, name: "pack \(subject.precision)", stack: nil, place: place)
        bundle.bytes = .init(
            runtime: subject.bytes.runtime, model: subject.bytes.weights, unpacked: subject.bytes.unpacked,
            zipped: subject.bytes.zipped)
        let own = Entry(
            contestant: bundle, subject: subject, server: .container(folder: subject.programFolder), facts: nil)
        return [own] + stacks.map { entry(of: $0, subject, place) }
    }

    private func entry(of stack: PythonStack, _ subject: StudySubject, _ place: Int) -> Entry {
        var contestant = StudyResult.Contestant(
            subject: subject.name, name: stack.rawValue, stack: stack, place: place)
        let model = stack.needsFolder ? subject.modelFolder : subject.onnx
        let server = StudyProgram.stack(
            stack, python: python, model: Self.absolute(model ?? ""), folder: subject.scratch)
        guard let model else {
            contestant.absence =
                subject.onnx == nil
                ? "the model that the bundle was made of is not known: give it with --model"
                : "it serves model folders of Hugging Face, not ONNX files"
            return Entry(contestant: contestant, subject: subject, server: server)
        }
        progress.step("looking for \(stack.rawValue)")
        do throws(PythonStack.Absence) {
            let most = profiles.compactMap { $0.limits[.packageUnpacked]?.bytes }.max() ?? 0
            let facts = try stack.facts(python: python, model: model, compressible: most)
            contestant.versions = facts.versions
            contestant.bytes = .init(
                runtime: facts.packageBytes, model: facts.modelBytes, unpacked: facts.packageBytes + facts.modelBytes,
                zipped: facts.zippedBytes)
            return Entry(contestant: contestant, subject: subject, server: server, facts: facts)
        } catch {
            contestant.absence = error.reason
            return Entry(contestant: contestant, subject: subject, server: server)
        }
    }

    /// By its path from the root where a path was given: instances start in folders of their own.
    private var python: String { command.python.contains("/") ? Self.absolute(command.python) : command.python }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    // MARK: Measuring

    /// Bytes of a container's memory: what KServe gives a predictor.
    private static let containerMemory = 2 << 30
    /// Seconds until an instance must be ready.
    private static let startTime = 120.0

    /// A function with as many processors as are asked for.
    private var lambdaSize: StudySize {
        let each = profiles.lazy.compactMap { $0.limits[.memoryPerCPU]?.bytes }.first ?? 1769 << 20
        return StudySize(
            memory: each * command.processors, processors: command.processors, startTime: Self.startTime)
    }

    private var containerSize: StudySize {
        StudySize(
            memory: Self.containerMemory, processors: command.processors, startTime: Self.startTime)
    }

    /// Everybody has a turn in each round, so that what else the machine does hits all alike.
    private func measure(_ entries: inout [Entry]) throws {
        let hasLambda = profiles.contains { $0.requestProtocol != .http }
        for round in 1...command.rounds {
            for index in entries.indices where entries[index].contestant.absence == nil {
                let contestant = entries[index].contestant
                progress.step("round \(round) of \(command.rounds): \(contestant.title)")
                let turn = StudyMeasurement.Turn(
                    starts: command.starts, seconds: command.seconds, requests: entries[index].subject.requests)
                do throws(EmulationError) {
                    if contestant.isBundle, hasLambda {
                        var lambda = contestant.lambda ?? StudyMeasurement()
                        let program = StudyProgram.lambda(folder: entries[index].subject.programFolder)
                        try lambda.add(turn, of: program, lambdaSize, sandbox)
                        entries[index].contestant.lambda = lambda
                    }
                    var http = contestant.http ?? StudyMeasurement()
                    try http.add(turn, of: entries[index].server, containerSize, sandbox)
                    entries[index].contestant.http = http
                } catch {
                    guard !contestant.isBundle else { throw error }
                    entries[index].contestant.absence = "failed: " + ErrorMessage.sentence(error.facts)
                }
            }
        }
    }

    // MARK: What follows from it

    private func finish(_ entry: inout Entry) throws {
        let title = entry.contestant.title
        if command.check > 0 {
            progress.step("checking the simulation: \(title)")
            entry.contestant.checks = try checks(entry)
        }
        progress.step("simulating fleets: \(title)")
        let asked = entry.contestant.isBundle ? profiles : try stackProfiles()
        entry.contestant.fits = StudyFits.of(entry.contestant, entry.facts, arch: entry.subject.arch, on: asked)
        entry.contestant.scalings = scalings(entry.contestant)
        entry.contestant.costs = try StudyCosts.of(
            entry.contestant, profiles, requests: workload.requestsAMonth, processors: command.processors)
        entry.contestant.breakEvens = StudyCosts.breakEvens(entry.contestant.costs)
    }

    private func stackProfiles() throws -> [Profile] {
        let all = try allProfiles()
        return profiles.map { StudyFits.forStacks($0, among: all) }
    }

    /// Shares of the time that the instance is busy in the check, beside one request a second.
    private static let uses = [0.3, 0.6, 0.85]
    /// Requests a second in the check, at most: beyond it the client has as much to do as the server.
    private static let mostRate = 2000.0

    /// One instance on this machine under requests that come at random, beside a simulated one.
    private func checks(_ entry: Entry) throws -> [StudyResult.Check] {
        guard let http = entry.contestant.http, !http.warm.isEmpty else { return [] }
        let mean = http.warm.reduce(0, +) / Double(http.warm.count)
        var rates = [1.0]
        for use in Self.uses where min(use / mean, Self.mostRate) > (rates.last ?? 0) {
            rates.append(min(use / mean, Self.mostRate))
        }
        return try rates.map { rate in
            // More requests of slow servers, as far as there is time.
            let seconds = max(command.check, min(60 / rate, 2 * command.check), 5 / rate)
            let arrivals = Arrivals([.init(seconds: seconds, rate: rate)])
            let outcome = try StudyMeasurement.run(
                at: arrivals.times(seed: 1), entry.subject.requests, on: entry.server, containerSize, sandbox)
            var fleet = Fleet(service: .samples(http.warm), start: .constant(0), scaler: .fixed)
            fleet.initial = 1
            fleet.concurrency = .max
            fleet.patience = 1e6
            let simulated = (1...8).flatMap { seed in
                Simulation.run(fleet, under: arrivals, seed: UInt64(seed)).latencies.sorted
            }
            return StudyResult.Check(
                rate: rate, use: rate * mean, measured: Quantiles(outcome.latencies), simulated: Quantiles(simulated),
                failures: outcome.failures)
        }
    }

    private func scalings(_ contestant: StudyResult.Contestant) -> [StudyResult.Scaling] {
        StudyPlatform.all(profiles).compactMap { platform in
            guard let measured = contestant.measurement(on: platform.profile),
                !contestant.isRefused(by: platform.profile)
            else { return nil }
            let fleet = platform.fleet(
                measured, imageBytes: contestant.bytes?.unpacked ?? 0, concurrency: command.concurrency,
                limits: contestant.isBundle ? HTTPLimits() : nil, processors: command.processors)
            let runs = (1...command.seeds).map { Simulation.run(fleet, under: workload.load, seed: UInt64($0)) }
            let step = workload.load.largestRise ?? 0
            return StudyResult.Scaling(
                platform: platform, runs: runs,
                recoveries: runs.map { $0.recovery(after: step, bound: workload.bound) },
                late: runs.map { $0.late(after: step, bound: workload.bound) })
        }
    }

    // MARK: Where and how

    private var settings: StudyResult.Settings {
        .init(
            rounds: command.rounds, seconds: command.seconds, starts: command.starts, seeds: command.seeds,
            concurrency: command.concurrency, processors: command.processors, stacks: stacks, python: command.python)
    }

    private static var machine: StudyResult.Machine {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let name = information.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        return .init(
            processor: name.map { String($0.drop { $0 == " " }) } ?? "unknown",
            processors: ProcessInfo.processInfo.activeProcessorCount, version: toolVersion, date: Gate.today)
    }
}
