/// A level over time, such as requests at a time, and its mean over the last so many seconds.
///
/// Kept in steps of a second, as Knative's autoscaler does (`pkg/autoscaler/aggregation/bucketing.go`); the step at hand
/// counts as far as it has gone.
struct Meter {
    private static let step = 1.0
    private var areas: [Double] = []
    private var level = 0.0
    private var since = 0.0

    /// The level is another one from now on.
    mutating func set(_ level: Double, at time: Double) {
        advance(to: time)
        self.level = level
    }

    /// The mean over the seconds before now, or over all time so far where that is less; zero at the very beginning.
    mutating func mean(over seconds: Double, at time: Double) -> Double {
        advance(to: time)
        let start = max(time - seconds, 0)
        guard time > start else { return level }
        let first = Int(start / Self.step)
        guard first < areas.count else { return level }
        var area = areas[first...].reduce(0, +)
        // Of the first step only a part lies in the window.
        area -= areas[first] * (start - Double(first) * Self.step) / Self.step
        return area / (time - start)
    }

    private mutating func advance(to time: Double) {
        while since < time {
            let index = Int(since / Self.step)
            while areas.count <= index { areas.append(0) }
            let end = min(Double(index + 1) * Self.step, time)
            areas[index] += level * (end - since)
            since = end
        }
    }
}
