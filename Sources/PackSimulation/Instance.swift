/// One instance of a deployment.
struct Instance {
    /// What it can do.
    enum State: Sendable {
        /// It waits for a machine with room.
        case unplaced
        /// It does not take requests yet.
        case starting
        /// It takes requests.
        case ready
        /// It finishes what it has.
        case leaving
        /// It is no more.
        case gone
    }

    var state = State.starting
    /// Requests that it has.
    var inFlight = 0
    /// Requests that it computes.
    var running = 0
    /// Requests that wait in it.
    var line = Line()
    /// Whether it has begun to compute a request.
    var hasServed = false
    /// Since when it has had nothing to do, in seconds.
    var idleSince = 0.0
    /// The machine that it runs on.
    var node: Int?

    /// Whether it is counted: it is to stay.
    var counts: Bool { state == .unplaced || state == .starting || state == .ready }
    /// Whether it is to stay and does not take requests yet.
    var isComing: Bool { state == .unplaced || state == .starting }
}
