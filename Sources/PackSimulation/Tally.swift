/// What there was at the end of each second.
struct Tally {
    private(set) var ready: [Int] = []
    private(set) var starting: [Int] = []
    private(set) var waiting: [Int] = []
    private(set) var starts: [Int]
    private let seconds: Int

    init(seconds: Double) {
        self.seconds = Int(seconds.rounded(.up))
        starts = Array(repeating: 0, count: self.seconds)
    }

    /// Notes all whole seconds that have passed before a time, with what has been true since the last event.
    mutating func sample(before time: Double, _ instances: [Instance], waiting count: Int) {
        guard ready.count < seconds, time >= Double(ready.count + 1) else { return }
        let readyCount = instances.count { $0.state == .ready }
        let comingCount = instances.count(where: \.isComing)
        let inside = instances.reduce(0) { $0 + $1.line.count }
        while ready.count < seconds, time >= Double(ready.count + 1) {
            ready.append(readyCount)
            starting.append(comingCount)
            waiting.append(count + inside)
        }
    }

    mutating func countStart(at time: Double) {
        let second = Int(time)
        if second < starts.count { starts[second] += 1 }
    }
}
