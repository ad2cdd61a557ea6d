import CPackSystem

/// What was measured of a program in instances of one size. Times are in seconds, sizes in bytes.
public struct StudyMeasurement: Sendable {
    /// From the start of the process until it took requests, one a fresh process.
    public internal(set) var ready: [Double] = []
    /// From the start of the process to its first answer, one a fresh process.
    public internal(set) var cold: [Double] = []
    /// First requests of fresh processes.
    public internal(set) var first: [Double] = []
    /// Requests to processes that have answered before, one after another.
    public internal(set) var warm: [Double] = []
    /// The largest resident set.
    public internal(set) var peakMemory = 0
    /// What enforced the limits, for people.
    public internal(set) var limits = ""

    /// Nothing was measured yet.
    public init() {}

    /// How much is measured in a turn.
    public struct Turn: Sendable {
        /// Fresh processes.
        public var starts: Int
        /// Seconds of requests to a warm process; each request is sent once at least.
        public var seconds: Double
        /// Requests that are sent in turn.
        public var requests: [[UInt8]]

        /// Describes a turn.
        public init(starts: Int, seconds: Double, requests: [[UInt8]]) {
            (self.starts, self.seconds, self.requests) = (starts, seconds, requests)
        }
    }

    /// Measures one turn and adds it.
    public mutating func add(
        _ turn: Turn, of program: StudyProgram, _ size: StudySize, _ sandbox: Sandbox
    ) throws(EmulationError) {
        // The first of all brings files into the page cache, and does not count.
        if ready.isEmpty { _ = try StudyInstance(program, size, sandbox).invoke(turn.requests[0]) }
        for index in 0..<turn.starts {
            let instance = try StudyInstance(program, size, sandbox)
            let seconds = try instance.invoke(turn.requests[index % turn.requests.count])
            ready.append(instance.readySeconds)
            first.append(seconds)
            cold.append(instance.readySeconds + seconds)
            peakMemory = max(peakMemory, instance.peakMemory)
        }
        let instance = try StudyInstance(program, size, sandbox)
        limits = instance.limits
        for request in turn.requests { _ = try instance.invoke(request) }
        let end = pack_clock_ns() + UInt64(turn.seconds * 1e9)
        var index = 0
        while index < turn.requests.count || pack_clock_ns() < end {
            warm.append(try instance.invoke(turn.requests[index % turn.requests.count]))
            index += 1
        }
        peakMemory = max(peakMemory, instance.peakMemory)
    }

    /// Sends requests to one warm server at set times, whatever its answers.
    ///
    /// - Parameters:
    ///   - times: Seconds from the beginning, ascending.
    ///   - requests: What is sent, in turn.
    public static func run(
        at times: [Double], _ requests: [[UInt8]], on program: StudyProgram, _ size: StudySize, _ sandbox: Sandbox
    ) throws(EmulationError) -> Load.Outcome {
        guard case .server(let server) = try StudyInstance(program, size, sandbox) else {
            throw .protocolError("only HTTP servers take several requests at a time")
        }
        _ = try server.run(Load(bodies: requests, count: requests.count))
        var load = Load(bodies: requests, count: times.count, concurrency: connections)
        load.arrivals = times
        return try server.run(load)
    }

    /// The most requests at a time that are sent to one instance.
    private static let connections = 256
}
