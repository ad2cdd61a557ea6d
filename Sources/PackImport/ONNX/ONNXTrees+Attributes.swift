import PackCore
import PackFormats
import PackGraph

extension ONNXTrees {
    /// What a leaf of the older operators adds, as four lists say it.
    struct Contributions {
        let trees: [Int]
        let nodes: [Int]
        let targets: [Int]
        let values: [Double]
    }

    private static let tests: [String: TreeTest] = [
        "LEAF": .leaf, "BRANCH_LEQ": .lessOrEqual, "BRANCH_LT": .less, "BRANCH_GTE": .greaterOrEqual,
        "BRANCH_GT": .greater, "BRANCH_EQ": .equal, "BRANCH_NEQ": .notEqual,
    ]

    /// Reads the attributes of TreeEnsembleRegressor and TreeEnsembleClassifier.
    init(
        older operation: ONNXOperation, _ importer: ONNXImporter, _ weights: Contributions, targets: Int
    ) throws(ONNXRefusal) {
        self.targets = targets
        let ids = try operation.ints("nodes_nodeids") ?? []
        let trees = try operation.list("nodes_treeids", ids.count)
        let features = try operation.list("nodes_featureids", ids.count)
        let (yes, no) = (
            try operation.list("nodes_truenodeids", ids.count), try operation.list("nodes_falsenodeids", ids.count)
        )
        let modes = try operation.texts("nodes_modes") ?? []
        let values = try operation.numbers("nodes_values", importer)
        let missing = try operation.ints("nodes_missing_value_tracks_true") ?? []
        guard modes.count == ids.count, values.count == ids.count, missing.isEmpty || missing.count == ids.count else {
            throw ONNXRefusal(
                .invalid, found: "\(modes.count) modes, \(values.count) values and \(missing.count) flags",
                expected: "\(ids.count), one a node")
        }
        var places: [Place: Int] = [:]
        for index in ids.indices { places[Place(tree: trees[index], node: ids[index])] = index }
        guard places.count == ids.count else {
            throw ONNXRefusal(.invalid, found: "two nodes of one number in a tree", expected: "one")
        }
        var isChild = Array(repeating: false, count: ids.count)
        for index in ids.indices {
            guard let test = Self.tests[modes[index]] else {
                throw ONNXRefusal(.invalid, found: "mode \(modes[index])", expected: "LEAF or a kind of BRANCH")
            }
            var entry = Entry(test: test, feature: features[index], value: values[index])
            entry.missingIsTrue = missing.isEmpty ? false : missing[index] != 0
            if test != .leaf {
                entry.yes = places[Place(tree: trees[index], node: yes[index])] ?? -1
                entry.no = places[Place(tree: trees[index], node: no[index])] ?? -1
                for child in [entry.yes, entry.no] where child >= 0 { isChild[child] = true }
            }
            entries.append(entry)
        }
        roots = ids.indices.filter { !isChild[$0] }
        guard Set(roots.map { trees[$0] }).count == roots.count, roots.count == Set(trees).count else {
            throw ONNXRefusal(
                .invalid, found: "\(roots.count) nodes without a parent in \(Set(trees).count) trees",
                expected: "one a tree")
        }
        try add(weights, places)
    }

    private struct Place: Hashable {
        let tree: Int
        let node: Int
    }

    private mutating func add(_ weights: Contributions, _ places: [Place: Int]) throws(ONNXRefusal) {
        let count = weights.values.count
        guard weights.trees.count == count, weights.nodes.count == count, weights.targets.count == count else {
            throw ONNXRefusal(.invalid, found: "lists of leaves' weights of different lengths", expected: "equal ones")
        }
        for index in 0..<count {
            guard let place = places[Place(tree: weights.trees[index], node: weights.nodes[index])] else {
                throw ONNXRefusal(
                    .invalid, found: "a weight of node \(weights.nodes[index]) of tree \(weights.trees[index])",
                    expected: "a node that is there")
            }
            // What a branch would add, nobody reads.
            entries[place].weights.append((weights.targets[index], weights.values[index]))
        }
    }

    // MARK: TreeEnsemble

    private static let modes: [TreeTest] = [
        .lessOrEqual, .less, .greaterOrEqual, .greater, .equal, .notEqual, .member,
    ]

    /// Reads the attributes of TreeEnsemble (version 5).
    init(newer operation: ONNXOperation, _ importer: ONNXImporter) throws(ONNXRefusal) {
        targets = try operation.int("n_targets", default: 1)
        roots = try operation.ints("tree_roots") ?? []
        let features = try operation.ints("nodes_featureids") ?? []
        let count = features.count
        let (yes, no) = (
            try operation.list("nodes_truenodeids", count), try operation.list("nodes_falsenodeids", count)
        )
        let (yesLeafs, noLeafs) = (
            try operation.list("nodes_trueleafs", count), try operation.list("nodes_falseleafs", count)
        )
        let splits = try operation.numbers("nodes_splits", importer)
        let modes = try operation.numbers("nodes_modes", importer)
        let missing = try operation.ints("nodes_missing_value_tracks_true") ?? []
        guard splits.count == count, modes.count == count, missing.isEmpty || missing.count == count else {
            throw ONNXRefusal(
                .invalid, found: "\(splits.count) splits, \(modes.count) modes and \(missing.count) flags",
                expected: "\(count), one a node")
        }
        var sets = try operation.numbers("membership_values", importer).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNaN
        ).makeIterator()
        for index in 0..<count {
            guard let mode = Int(exactly: modes[index]), Self.modes.indices.contains(mode) else {
                throw ONNXRefusal(.invalid, found: "mode \(modes[index])", expected: "0 to 6")
            }
            var entry = Entry(test: Self.modes[mode], feature: features[index], value: splits[index])
            entry.missingIsTrue = missing.isEmpty ? false : missing[index] != 0
            entry.yes = try Self.place(yes[index], isLeaf: yesLeafs[index] != 0, count)
            entry.no = try Self.place(no[index], isLeaf: noLeafs[index] != 0, count)
            if entry.test == .member { entry.members = Array(sets.next() ?? []) }
            entries.append(entry)
        }
        try addLeaves(operation, importer)
        for root in roots where root < 0 || root >= count {
            throw ONNXRefusal(.invalid, found: "root \(root)", expected: "a node")
        }
    }

    /// Leaves stand behind the nodes.
    private static func place(_ index: Int, isLeaf: Bool, _ count: Int) throws(ONNXRefusal) -> Int {
        let (place, overflow) = index.addingReportingOverflow(isLeaf ? count : 0)
        guard index >= 0, !overflow, isLeaf || index < count else {
            throw ONNXRefusal(.invalid, found: "a child \(index)", expected: "a node or leaf")
        }
        return place
    }

    private mutating func addLeaves(_ operation: ONNXOperation, _ importer: ONNXImporter) throws(ONNXRefusal) {
        let weights = try operation.numbers("leaf_weights", importer)
        let ids = try operation.list("leaf_targetids", weights.count)
        for (target, weight) in zip(ids, weights) {
            var leaf = Entry()
            leaf.weights = [(target, weight)]
            entries.append(leaf)
        }
    }
}

extension ONNXOperation {
    /// A list of integers of a given length.
    func list(_ name: String, _ count: Int) throws(ONNXRefusal) -> [Int] {
        let values = try ints(name) ?? []
        guard values.count == count else {
            throw ONNXRefusal(.invalid, found: "\(values.count) \(name)", expected: "\(count)")
        }
        return values
    }

    /// Floats of a list, or of a tensor under this name or the name with `_as_tensor`. Empty where there are none.
    func numbers(_ name: String, _ importer: ONNXImporter) throws(ONNXRefusal) -> [Double] {
        if let tensor = tensor(name) {
            let constant = try importer.constant(tensor)
            do throws(GraphError) {
                if constant.dtype == .f64 {
                    return constant.withBytes { bytes in
                        (0..<constant.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
                    }
                }
                if constant.dtype.isFloat { return try constant.floats().map(Double.init) }
                return try constant.integers().map(Double.init)
            } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
        }
        return try floats(name)?.map(Double.init) ?? []
    }

    /// Whether numbers are stored as f64.
    func isWide(_ name: String) -> Bool { tensor(name)?.type == .double }

    private func tensor(_ name: String) -> ONNXTensor? {
        for key in [name, name + "_as_tensor"] {
            if case .tensor(let tensor)? = attributes[key] { return tensor }
        }
        return nil
    }
}
