import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Decision trees: scores by an operator of the runtime, what becomes of them by basic ones.
    static let learningTrees: [String: ONNXRule] = [
        "TreeEnsembleRegressor": regressor, "TreeEnsembleClassifier": classifier, "TreeEnsemble": ensemble,
    ]

    private static let aggregates: [String: TreeAggregate] = [
        "SUM": .sum, "AVERAGE": .average, "MIN": .minimum, "MAX": .maximum,
    ]

    /// Adds the node that walks down the trees, and gives its scores as they come.
    private static func scores(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ trees: ONNXTrees, _ aggregate: TreeAggregate,
        base: [Double]
    ) throws(ONNXRefusal) -> String {
        guard trees.targets > 0, base.isEmpty || base.count == trees.targets else {
            throw ONNXRefusal(
                .invalid, found: "\(base.count) base_values for \(trees.targets) targets", expected: "one a target")
        }
        var x = try importer.rows(try operation.required(0), operation)
        let wide = ["nodes_values", "nodes_splits", "target_weights", "class_weights", "leaf_weights"]
        let isWide = importer.graph.types[x]?.dtype == .f64 || wide.contains { operation.isWide($0) }
        let dtype: DType = isWide ? .f64 : .f32
        if importer.graph.types[x]?.dtype != dtype {
            x = importer.helper("Cast", operation, [x], ["to": .dtype(dtype)])
        }
        let tables = try trees.tables(dtype)
        var inputs = [x]
        for (part, table) in [("nodes", tables.nodes), ("roots", tables.roots), ("weights", tables.weights)] {
            inputs.append(importer.uniqueValue("\(operation.name)/\(part)"))
            importer.add(inputs[inputs.count - 1], table)
        }
        if !base.isEmpty {
            var name = try importer.constant(base.map { Float($0) }, [base.count], operation, "base")
            if isWide { name = importer.helper("Cast", operation, [name], ["to": .dtype(dtype)]) }
            inputs.append(name)
        }
        return importer.helper(
            "TreeScores", operation, inputs,
            [
                "targets": .int(trees.targets), "aggregate": .int(aggregate.rawValue),
                "uniform": .int(trees.isUniform ? 1 : 0),
            ])
    }

    @Sendable private static func regressor(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let transform = try ONNXPostTransform(operation)
        let text = try operation.text("aggregate_function") ?? "SUM"
        guard let aggregate = aggregates[text] else {
            throw ONNXRefusal(.invalid, found: "aggregate_function \(text)", expected: "SUM, AVERAGE, MIN or MAX")
        }
        let weights = ONNXTrees.Contributions(
            trees: try operation.ints("target_treeids") ?? [], nodes: try operation.ints("target_nodeids") ?? [],
            targets: try operation.ints("target_ids") ?? [],
            values: try operation.numbers("target_weights", importer))
        let targets = try operation.int("n_targets", default: 1)
        let trees = try ONNXTrees(older: operation, importer, weights, targets: targets)
        let base = try operation.numbers("base_values", importer)
        let raw = try scores(&importer, operation, trees, aggregate, base: base)
        let narrow = try importer.float(raw, operation)
        let result = importer.regressed(narrow, transform, targets: targets, operation)
        importer.finish("Identity", operation, [result])
    }

    @Sendable private static func ensemble(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let transforms: [ONNXPostTransform] = [.none, .softmax, .logistic, .softmaxZero, .probit]
        let aggregates: [TreeAggregate] = [.average, .sum, .minimum, .maximum]
        let transform = try operation.int("post_transform", default: 0)
        let aggregate = try operation.int("aggregate_function", default: 1)
        guard transforms.indices.contains(transform), aggregates.indices.contains(aggregate) else {
            throw ONNXRefusal(
                .invalid, found: "post_transform \(transform), aggregate_function \(aggregate)",
                expected: "0 to 4, and 0 to 3")
        }
        let dtype = importer.graph.types[try operation.required(0)]?.dtype ?? .f32
        let trees = try ONNXTrees(newer: operation, importer)
        let raw = try scores(&importer, operation, trees, aggregates[aggregate], base: [])
        guard transforms[transform] != .none else {
            return importer.finish("Cast", operation, [raw], ["to": .dtype(dtype)])
        }
        let result = importer.regressed(
            try importer.float(raw, operation), transforms[transform], targets: trees.targets, operation)
        importer.finish("Cast", operation, [result], ["to": .dtype(dtype)])
    }

    // MARK: Classes

    @Sendable private static func classifier(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let classes = try ONNXClasses(operation, numbers: "classlabels_int64s")
        let transform = try ONNXPostTransform(operation)
        let ids = try operation.ints("class_ids") ?? []
        let values = try operation.numbers("class_weights", importer)
        var base = try operation.numbers("base_values", importer)
        let isSingle = classes.count == 2 && Set(ids).count == 1
        if isSingle { base = try singleBase(base, isSecond: ids.first == 1) }
        let weights = ONNXTrees.Contributions(
            trees: try operation.ints("class_treeids") ?? [], nodes: try operation.ints("class_nodeids") ?? [],
            targets: isSingle ? ids.map { _ in 0 } : ids, values: values)
        let trees = try ONNXTrees(
            older: operation, importer, weights, targets: isSingle ? 1 : classes.count)
        let added = !isSingle && base.count == 1 && classes.count == 2 ? base + [0] : base
        let raw = try scores(&importer, operation, trees, .sum, base: added)
        let scores = try importer.float(raw, operation)
        guard isSingle else {
            let isPair = classes.count == 2 && base.count < 2
            let index = isPair ? second(&importer, operation, scores) : importer.largest(scores, operation)
            try importer.answer(index, classes, operation)
            let result = importer.transformed(scores, transform, operation)
            return importer.finish("Identity", operation, [result], output: 1)
        }
        let isPositive = values.allSatisfy { $0 >= 0 }
        try importer.answer(
            importer.positive(scores, above: isPositive ? 0.5 : 0, operation), classes, operation)
        guard transform != .probit else { throw .use("PROBIT of one score for two classes", "another transform") }
        let columns = try columns(
            &importer, operation, scores, transform, isPositive: isPositive, isSecond: ids.first == 1)
        importer.finish("Identity", operation, [columns], output: 1)
    }

    /// The class of two scores as onnxruntime tells it: the second where its score is more than 0.
    private static func second(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ scores: String
    ) -> String {
        let bounds = [importer.integers([1]), importer.integers([2]), importer.integers([1])]
        return importer.positive(
            importer.helper("Slice", operation, [scores] + bounds), above: 0, operation)
    }

    /// What is added to the only score of two classes, as onnxruntime does it: of one base value or two the first, and to the
    /// score of the second class nothing.
    private static func singleBase(_ base: [Double], isSecond: Bool) throws(ONNXRefusal) -> [Double] {
        guard isSecond else { return Array(base.prefix(1)) }
        guard base.count < 2 else {
            throw .use("scores of the second class alone with two base values", "scores of the first, or of both")
        }
        return []
    }

    /// The columns of two classes that have one score: it is for the second and against the first, unless the file has it for
    /// the second class, or a base value for each; the other score is 0 then.
    private static func columns(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ score: String, _ transform: ONNXPostTransform,
        isPositive: Bool, isSecond: Bool
    ) throws(ONNXRefusal) -> String {
        let isApart = try operation.numbers("base_values", importer).count == 2
        guard isSecond || isApart else {
            return importer.pair(score, transform, isPart: isPositive, operation)
        }
        let zero = importer.helper("Mul", operation, [score, importer.scalar(0, like: nil, operation)])
        let both = importer.helper(
            "Concat", operation, isSecond ? [zero, score] : [score, zero], ["axis": .int(1)])
        return importer.transformed(both, transform, operation)
    }
}
