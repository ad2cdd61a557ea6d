import PackLab
import PackProfiles
import PackReport
import PackSimulation

extension StudyReport {
    /// What was measured of everybody, by protocol.
    var measurements: [(name: String, measurement: StudyMeasurement)] {
        measured.flatMap { contestant in
            [("Lambda", contestant.lambda), ("HTTP", contestant.http)].compactMap { way, measurement in
                measurement.map { ("\(contestant.title), \(way)", $0) }
            }
        }
    }

    /// Warm requests.
    var latency: [Document.Block] {
        var table = Table([
            .init("MEASURED"), .init("P50", .right), .init("P95", .right), .init("P99", .right), .init("MEAN", .right),
            .init("REQUESTS", .right),
        ])
        table.rows = measurements.map { name, measurement in
            let warm = Quantiles(measurement.warm)
            return [Text(name)] + [0.5, 0.95, 0.99].map { Text(StudyText.time(warm.at($0))) } + [
                Text(StudyText.time(warm.mean)), Text(NumberText.grouped(measurement.warm.count)),
            ]
        }
        return [
            .heading("Warm latency"), .table(table),
            .chart(
                Chart(
                    "Warm requests, seconds",
                    note: "measured; bars: median, lines: to the 99th percentile; logarithmic",
                    .bars(
                        .init(
                            unit: .seconds, isLogarithmic: true,
                            rows: bars { Quantiles($0.warm) },
                            limits: [.init(result.workload.bound, "bound \(StudyText.time(result.workload.bound))")])))),
        ]
    }

    /// Cold starts.
    var coldStarts: [Document.Block] {
        var table = Table([
            .init("MEASURED"), .init("READY", .right), .init("FIRST ANSWER", .right), .init("STARTS", .right),
        ])
        table.rows = measurements.map { name, measurement in
            [
                Text(name), Text(StudyText.spread(measurement.ready)), Text(StudyText.spread(measurement.cold)),
                Text(NumberText.grouped(measurement.cold.count)),
            ]
        }
        var totals = Table([.init("COLD START, WITH THE PLATFORM'S PART")] + platforms.map { .init($0.name, .right) })
        totals.rows = [
            [Text("the platform's part by its profile (*: recalled)", .faint)]
                + platforms.map { Text(StudyText.time($0.startSeconds) + ($0.isStartVerified ? "" : " *"), .faint) }
        ]
        totals.rows += measured.map { contestant in
            [Text(contestant.title)]
                + platforms.map { platform in
                    guard !contestant.isRefused(by: platform.profile),
                        let cold = contestant.measurement(on: platform.profile).flatMap({ Quantiles($0.cold).at(0.5) })
                    else { return Text("does not fit", .faint) }
                    return Text(StudyText.time(cold + platform.startSeconds))
                }
        }
        return [
            .heading("Cold start"), .table(table),
            .paragraph([Text("Median (least – most), from the start of the process.", .faint)]),
            .chart(
                Chart(
                    "Cold starts, seconds",
                    note:
                        "measured, from the start of the process to its first answer, without the platform's part; bars: median, lines: least to most; logarithmic",
                    .bars(
                        .init(
                            unit: .seconds, isLogarithmic: true,
                            rows: bars(spreadFromLeast: true) { Quantiles($0.cold) },
                            limits: startLimits)))),
            .table(totals),
        ]
    }

    /// The shortest time that a platform gives a program to start, and what was claimed in 2020.
    private var startLimits: [Chart.Limit] {
        let limits = result.profiles.compactMap { profile in
            profile.limits[.startupTime]?.base.map { ($0, profile.name) }
        }
        let shortest = limits.min { $0.0 < $1.0 }
        return (shortest.map { [Chart.Limit($0.0, "\($0.1): \(StudyText.time($0.0)) at most")] } ?? [])
            + [Chart.Limit(41, "41 s in 2020")]
    }

    /// A bar for everybody's HTTP server, and for bundles by Lambda's protocol. Bundles have one look, each stack its own.
    func bars(
        spreadFromLeast: Bool = false, _ values: (StudyMeasurement) -> Quantiles
    ) -> [Chart.Bars.Row] {
        measured.flatMap { contestant in
            [(" (Lambda)", contestant.lambda), ("", contestant.http)].compactMap { way, measurement in
                guard let measurement, let middle = values(measurement).at(0.5) else { return nil }
                let all = values(measurement)
                return Chart.Bars.Row(
                    contestant.title + way, middle, low: spreadFromLeast ? all.sorted.first : middle,
                    high: spreadFromLeast ? all.sorted.last : all.at(0.99), kind: Self.kind(contestant))
            }
        }
    }

    /// How contestants look in charts.
    static func kind(_ contestant: StudyResult.Contestant) -> Int {
        contestant.stack.map { (PythonStack.allCases.firstIndex(of: $0) ?? 0) + 1 } ?? 0
    }

    /// The simulation beside one instance on this machine.
    var checks: [Document.Block] {
        guard measured.contains(where: { !$0.checks.isEmpty }) else { return [] }
        var table = Table([
            .init("ONE INSTANCE, HTTP"), .init("REQUESTS/S", .right), .init("BUSY", .right),
            .init("P50 MEASURED", .right),
            .init("SIMULATED", .right), .init("P95 MEASURED", .right), .init("SIMULATED", .right),
            .init("REQUESTS", .right),
            .init("FAILED", .right),
        ])
        for contestant in measured {
            table.rows += contestant.checks.map { check in
                [
                    Text(contestant.title), Text(StudyText.number(check.rate)), Text(NumberText.percent(check.use)),
                    Text(StudyText.time(check.measured.at(0.5))), Text(StudyText.time(check.simulated.at(0.5))),
                    Text(StudyText.time(check.measured.at(0.95))), Text(StudyText.time(check.simulated.at(0.95))),
                    Text(NumberText.grouped(check.measured.sorted.count)), Text("\(check.failures)"),
                ]
            }
        }
        return [
            .heading("The simulation beside this machine"), .table(table),
            .paragraph([
                Text(
                    "Requests come at random, whether others have been answered or not; BUSY: rate × mean warm time. A process that slept "
                        + "between requests computes them a little slower than one that did not: at 85 % busy a tenth more doubles the "
                        + "wait. Servers that compute several requests at a time on one processor have other quantiles than the "
                        + "simulated first come, first served.",
                    .faint)
            ]),
        ]
    }
}
