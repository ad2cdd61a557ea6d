/// The machines of a cluster, and which instances they have.
struct Machines {
    private let rule: Fleet.Nodes
    /// Instances on each machine.
    private var used: [Int]
    /// When each machine has the image, in seconds; nil before anything fetched it.
    private var imageAt: [Double?]
    /// Machines that were asked for and are not there yet.
    private(set) var coming = 0

    init(_ rule: Fleet.Nodes) {
        self.rule = rule
        used = Array(repeating: 0, count: rule.initial)
        imageAt = Array(repeating: nil, count: rule.initial)
    }

    var count: Int { used.count }

    /// Places an instance on the machine with the fewest.
    ///
    /// - Returns: The machine, and when it has the image; nil where no machine has room.
    mutating func place(at now: Double) -> (node: Int, imageAt: Double)? {
        guard let node = used.indices.min(by: { used[$0] < used[$1] }), used[node] < rule.room else { return nil }
        used[node] += 1
        let image = imageAt[node] ?? now + rule.fetch
        imageAt[node] = image
        return (node, max(image, now))
    }

    /// The image is there already, as on machines that ran it before.
    mutating func hasImage(_ node: Int) { imageAt[node] = 0 }

    /// An instance has ended.
    mutating func release(_ node: Int) { used[node] -= 1 }

    /// How many more machines instances without room need; they are taken to be asked for.
    mutating func order(for unplaced: Int) -> Int {
        let wanted = (unplaced + rule.room - 1) / rule.room
        let more = max(wanted - coming, 0)
        coming += more
        return more
    }

    /// A machine that was asked for is there.
    mutating func arrive() {
        coming -= 1
        used.append(0)
        imageAt.append(nil)
    }
}
