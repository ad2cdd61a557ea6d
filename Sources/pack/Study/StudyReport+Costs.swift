import PackFit
import PackProfiles
import PackReport

extension StudyReport {
    /// A month on each platform, and where the cheaper one changes.
    var costs: [Document.Block] {
        guard measured.contains(where: { !$0.costs.isEmpty }) else { return [] }
        let requests = NumberText.count(CheckText.whole(result.workload.requestsAMonth))
        var table = Table([.init("DOLLARS A MONTH")] + result.profiles.map { Table.Column($0.name, .right) })
        table.rows = measured.map { contestant in
            [Text(contestant.title)]
                + result.profiles.map { profile in
                    guard let cost = contestant.costs.first(where: { $0.profile.name == profile.name }) else {
                        return Text("does not fit", .faint)
                    }
                    switch cost.cost {
                    case .success(let month): return Text(StudyText.dollars(month.totalBeyondFree))
                    case .failure: return Text("no price", .doubtful)
                    }
                }
        }
        let priced = result.profiles.compactMap { profile in
            profile.pricedAs.map { [Text("\(profile.name): prices of \($0)", .faint)] }
        }
        var blocks: [Document.Block] = [
            .heading("Cost"),
            .paragraph([Text("\(requests) requests a month, at random at an even rate; beyond what is free.")]),
            .table(table),
        ]
        if !priced.isEmpty { blocks.append(.list(priced)) }
        return blocks + breakEvens + measured.filter(\.isBundle).compactMap(costChart)
    }

    private var breakEvens: [Document.Block] {
        let rows = measured.flatMap { contestant in
            contestant.breakEvens.map { change in
                [
                    Text(contestant.title), Text(NumberText.count(CheckText.whole(change.requests))),
                    Text(change.below),
                    Text(change.above),
                ]
            }
        }
        guard !rows.isEmpty else { return [] }
        return [
            .table(
                Table(
                    [
                        .init("BREAK-EVEN"), .init("REQUESTS A MONTH", .right), .init("BELOW IT CHEAPER"),
                        .init("ABOVE IT CHEAPER"),
                    ], rows: rows))
        ]
    }

    /// Dollars over requests a month, on today's platforms.
    private func costChart(_ contestant: StudyResult.Contestant) -> Document.Block? {
        let costs = contestant.costs.filter { !StudyCosts.isOld($0.profile) }
        let series = costs.enumerated().compactMap { index, cost -> Chart.Lines.Series? in
            let points = Self.months.compactMap { requests -> (x: Double, y: Double)? in
                var workload = cost.workload
                workload.requests = requests
                guard let month = try? Cost.of(workload, on: cost.priced) else { return nil }
                return (requests, month.totalBeyondFree > 0 ? month.totalBeyondFree : .nan)
            }
            return points.isEmpty ? nil : Chart.Lines.Series(cost.profile.name, points, kind: index)
        }
        guard !series.isEmpty else { return nil }
        return .chart(
            Chart(
                "\(contestant.title): dollars a month",
                note: "computed from prices of the profiles and measured times; both axes logarithmic; no line: free",
                .lines(
                    .init(
                        x: .init("requests a month", .count, isLogarithmic: true),
                        y: .init("dollars a month", .dollars, isLogarithmic: true), series: series))))
    }

    /// From ten thousand to a thousand million, ten a decade.
    private static let months: [Double] =
        (0..<5).flatMap { decade in
            (0..<10).map { part in
                var value = 1e4
                for _ in 0..<decade { value *= 10 }
                // A tenth of a decade.
                for _ in 0..<part { value *= 1.258_925_411_794_167_2 }
                return value
            }
        } + [1e9]
}
