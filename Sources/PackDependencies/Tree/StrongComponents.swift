/// The strongly connected components of a graph, each before those that lead to it (Tarjan 1972), without recursion.
struct StrongComponents {
    /// The nodes of each component.
    private(set) var members: [[Int]] = []
    /// For each node its component.
    private(set) var of: [Int]

    init(count: Int, _ next: (Int) -> [Int]) {
        of = [Int](repeating: -1, count: count)
        var (order, low) = ([Int](repeating: -1, count: count), [Int](repeating: 0, count: count))
        var isOpen = [Bool](repeating: false, count: count)
        var (open, counter): ([Int], Int) = ([], 0)
        for start in 0..<count where order[start] < 0 {
            var frames: [(node: Int, next: [Int], place: Int)] = []
            func enter(_ node: Int) {
                order[node] = counter
                low[node] = counter
                counter += 1
                open.append(node)
                isOpen[node] = true
                frames.append((node, next(node), 0))
            }
            enter(start)
            while let frame = frames.last {
                if frame.place < frame.next.count {
                    frames[frames.count - 1].place += 1
                    let target = frame.next[frame.place]
                    if order[target] < 0 {
                        enter(target)
                    } else if isOpen[target] {
                        low[frame.node] = min(low[frame.node], order[target])
                    }
                    continue
                }
                frames.removeLast()
                if let parent = frames.last?.node { low[parent] = min(low[parent], low[frame.node]) }
                guard low[frame.node] == order[frame.node] else { continue }
                var component: [Int] = []
                while let node = open.popLast() {
                    isOpen[node] = false
                    of[node] = members.count
                    component.append(node)
                    if node == frame.node { break }
                }
                members.append(component)
            }
        }
    }
}
