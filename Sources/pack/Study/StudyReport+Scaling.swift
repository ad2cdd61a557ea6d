import PackFit
import PackProfiles
import PackReport
import PackSimulation

extension StudyReport {
    /// The step, simulated.
    var scaling: [Document.Block] {
        guard measured.contains(where: { !$0.scalings.isEmpty }) else { return [] }
        var table = Table([
            .init("SIMULATED"), .init("PLATFORM"), .init("BACK WITHIN THE BOUND", .right), .init("OVER IT", .right),
            .init("P50", .right), .init("P95", .right), .init("P99", .right), .init("INSTANCES", .right),
            .init("MOST", .right), .init("STARTED", .right), .init("REFUSED", .right),
        ])
        for contestant in measured { table.rows += contestant.scalings.map { row(contestant, $0) } }
        let bound = StudyText.time(result.workload.bound)
        return [
            .heading("Scaling"), .table(table),
            .paragraph([
                Text(
                    "After the step of \(result.workload.text). BACK WITHIN THE BOUND: seconds from the step until 95 of 100 requests "
                        + "(of the last \(SimulationResult.window) s) keep to \(bound) for \(SimulationResult.hold) s; median (least – most) of the seeds. "
                        + "OVER IT: the share of all requests from the step on that took longer or were refused. P50 to P99: requests from the "
                        + "step on that were answered. INSTANCES: ready, in the mean from the step on.", .faint)
            ]),
        ] + subjects.flatMap(charts)
    }

    private func row(_ contestant: StudyResult.Contestant, _ scaling: StudyResult.Scaling) -> [Text] {
        let step = result.workload.load.largestRise ?? 0
        let latencies = Quantiles(scaling.runs.flatMap { $0.seconds.dropFirst(Int(step)).flatMap(\.latencies.sorted) })
        func middle(_ values: [Double]) -> Double { Quantiles(values).at(0.5) ?? 0 }
        let most = scaling.runs.map { Double($0.seconds.map(\.ready).max() ?? 0) }
        let starts = scaling.runs.map { Double($0.seconds.reduce(0) { $0 + $1.starts }) }
        return [
            Text(contestant.title), Text(scaling.platform.name), recovery(scaling),
            Text(Self.percent(middle(scaling.late))),
            Text(StudyText.time(latencies.at(0.5))), Text(StudyText.time(latencies.at(0.95))),
            Text(StudyText.time(latencies.at(0.99))),
            Text(StudyText.number(middle(scaling.runs.map { $0.meanReady(from: step) }))),
            Text(StudyText.number(middle(most))), Text(StudyText.number(middle(starts))),
            Text(NumberText.grouped(Int(middle(scaling.runs.map { Double($0.refused) })))),
        ]
    }

    /// A share with one place after the point.
    private static func percent(_ share: Double) -> String {
        share > 0 && share < 0.0005 ? "< 0.1 %" : StudyText.number((share * 1000).rounded() / 10) + " %"
    }

    private func recovery(_ scaling: StudyResult.Scaling) -> Text {
        guard scaling.recovery != nil else { return Text("never", .bad) }
        let known = scaling.recoveries.compactMap { $0 }
        let some = known.count < scaling.recoveries.count ? ", some never" : ""
        return known.allSatisfy { $0 == 0 } ? Text("at once", .good) : Text(StudyText.spread(known) + some)
    }

    /// The models, in their order.
    private var subjects: [Int] {
        measured.map(\.place).reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Latency over time on today's platforms, one chart a contestant of a model; and instances.
    private func charts(_ place: Int) -> [Document.Block] {
        measured.filter { $0.place == place && !$0.scalings.isEmpty }.flatMap { contestant -> [Document.Block] in
            let scalings = contestant.scalings.filter { !StudyCosts.isOld($0.platform.profile) }
            guard !scalings.isEmpty else { return [] }
            let note = "simulated, seed 1; 95 of 100 requests of the last \(SimulationResult.window) s; logarithmic"
            let latency = scalings.map { scaling in
                Chart.Lines.Series(
                    scaling.platform.name,
                    Self.thinned(
                        scaling.runs[0].seconds.indices.map {
                            (Double($0 + 1), scaling.runs[0].quantile(0.95, at: $0) ?? .nan)
                        }), kind: kind(scaling.platform.name))
            }
            let instances = scalings.map { scaling in
                Chart.Lines.Series(
                    scaling.platform.name,
                    Self.thinned(scaling.runs[0].seconds.enumerated().map { (Double($0 + 1), Double($1.ready)) }),
                    kind: kind(scaling.platform.name))
            }
            let bound = result.workload.bound
            return [
                .chart(
                    Chart(
                        "\(contestant.title): latency through the step", note: note,
                        .lines(
                            .init(
                                x: .init("seconds", .count), y: .init("95th percentile", .seconds, isLogarithmic: true),
                                series: latency, limits: [.init(bound, "bound \(StudyText.time(bound))")],
                                moments: moments)))),
                .chart(
                    Chart(
                        "\(contestant.title): instances through the step",
                        note: "simulated, seed 1; instances that take requests",
                        .lines(
                            .init(
                                x: .init("seconds", .count), y: .init("ready instances", .count), series: instances,
                                moments: moments)))),
            ]
        }
    }

    /// How a platform looks in charts: the same in all of them.
    private func kind(_ platform: String) -> Int {
        platforms.filter { !StudyCosts.isOld($0.profile) }.firstIndex { $0.name == platform } ?? 0
    }

    private var moments: [Chart.Limit] {
        result.workload.load.largestRise.map { [Chart.Limit($0, "the step")] } ?? []
    }

    /// At most 240 points: of more, every so manieth, and the largest of those between.
    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let step = (points.count + 239) / 240
        guard step > 1 else { return points }
        return stride(from: 0, to: points.count, by: step).map { start in
            let part = points[start..<min(start + step, points.count)]
            return (part[start].x, part.map(\.y).filter { !$0.isNaN }.max() ?? .nan)
        }
    }
}
