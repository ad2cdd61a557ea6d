/// A platform with what is deployed on it, as a simulation sees it.
///
/// An instance computes `workers` requests at a time, first come, first served; further ones that it is given wait in it.
public struct Fleet: Sendable {
    /// Seconds of computing for a request.
    public var service: Distribution
    /// The same for the first request of an instance; nil where that is as any other.
    public var firstService: Distribution?
    /// Seconds from the decision to start an instance until it takes requests.
    public var start: Distribution
    /// Requests that an instance computes at a time.
    public var workers = 1
    /// Requests that an instance is given at a time, at most.
    public var concurrency = 1
    /// Instances that are ready at the beginning; also those that always stay.
    public var initial = 0
    /// Instances that there are at most.
    public var maximum = 1000
    /// Seconds that a request waits for an instance, at most; then it is refused.
    public var patience = 300.0
    /// Requests that an instance has at most where nothing before it counts them; further ones are refused.
    public var queue = Int.max
    /// Seconds that an instance without requests is kept, where the platform itself ends it.
    public var idle = 600.0
    /// Where instances run; nil where the platform has room for any.
    public var nodes: Nodes?
    /// How the number of instances follows the requests.
    public var scaler: Scaler

    /// Machines of a cluster.
    public struct Nodes: Sendable, Equatable {
        /// Instances that one machine has room for.
        public var room: Int
        /// Machines at the beginning.
        public var initial: Int
        /// Seconds until a further one is ready.
        public var start: Double
        /// Seconds between looks at what finds no room.
        public var scan: Double
        /// Seconds that a machine needs to fetch the image, once.
        public var fetch: Double

        /// Describes machines.
        public init(room: Int, initial: Int, start: Double, scan: Double, fetch: Double) {
            (self.room, self.initial, self.start, self.scan, self.fetch) = (room, initial, start, scan, fetch)
        }
    }

    /// Describes a fleet.
    public init(service: Distribution, start: Distribution, scaler: Scaler) {
        (self.service, self.start, self.scaler) = (service, start, scaler)
    }
}

/// How the number of instances follows the requests.
public enum Scaler: Sendable, Equatable {
    /// It does not.
    case fixed
    /// An instance for each request at a time.
    case perRequest(BurstRule)
    /// By requests that wait, and by targets for processors and requests at a time.
    case managed(ManagedRule)
    /// Knative's autoscaler.
    case knative(KnativeRule)
    /// The HorizontalPodAutoscaler of Kubernetes.
    case horizontal(HorizontalRule)
}
