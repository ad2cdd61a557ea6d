import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Support vector machines: an operator of the runtime for kernels, products for the rest.
    static let learningVectors: [String: ONNXRule] = ["SVMRegressor": svmRegressor, "SVMClassifier": svmClassifier]

    /// Most elements of a matrix that is made of a file's coefficients.
    private static let matrixLimit = 1 << 26

    /// Kernel values of the rows and the support vectors: [N, count].
    private static func kernel(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ count: Int
    ) throws(ONNXRefusal) -> String {
        let kinds: [String: SVMKernelKind] = [
            "LINEAR": .linear, "POLY": .polynomial, "RBF": .radial, "SIGMOID": .sigmoid,
        ]
        let text = try operation.text("kernel_type") ?? "LINEAR"
        let parameters = try operation.floats("kernel_params") ?? []
        guard let kind = kinds[text], parameters.isEmpty || parameters.count == 3 else {
            throw ONNXRefusal(
                .invalid, found: "kernel \(text) with \(parameters.count) parameters",
                expected: "LINEAR, POLY, RBF or SIGMOID with 3")
        }
        let vectors = try operation.floats("support_vectors") ?? []
        guard count > 0, !vectors.isEmpty, vectors.count % count == 0 else {
            throw ONNXRefusal(
                .invalid, found: "\(vectors.count) numbers of \(count) support vectors", expected: "a multiple")
        }
        let x = try importer.rows(try importer.float(try operation.required(0), operation), operation)
        let table = try importer.constant(vectors, [count, vectors.count / count], operation, "vectors")
        let (gamma, offset, degree) =
            parameters.isEmpty ? (0, 0, 0) : (parameters[0], parameters[1], parameters[2])
        return importer.helper(
            "SVMKernel", operation, [x, table],
            ["kind": .int(kind.rawValue), "gamma": .float(gamma), "offset": .float(offset), "degree": .float(degree)])
    }

    /// x·weightsᵀ + addend, weights [count, …].
    private static func product(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ x: String, _ weights: [Float], _ addend: [Float]
    ) throws(ONNXRefusal) -> String {
        let count = addend.count
        guard count > 0, !weights.isEmpty, weights.count % count == 0 else {
            throw ONNXRefusal(
                .invalid, found: "\(weights.count) coefficients for \(count) scores", expected: "a multiple")
        }
        let matrix = try importer.constant(weights, [count, weights.count / count], operation, "weights")
        let row = try importer.constant(addend, [count], operation, "addend")
        return importer.helper("Gemm", operation, [x, matrix, row], ["transB": .int(1)])
    }

    @Sendable private static func svmRegressor(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let count = try operation.int("n_supports", default: 0)
        let coefficients = try operation.floats("coefficients") ?? []
        let rho = try operation.floats("rho") ?? []
        guard let offset = rho.first, try ONNXPostTransform(operation) == .none else {
            throw .use("no rho, or a post_transform", "rho, and no transform")
        }
        guard count <= 0 || coefficients.count == count else {
            throw ONNXRefusal(.invalid, found: "\(coefficients.count) coefficients", expected: "\(count)")
        }
        let x =
            count > 0
            ? try kernel(&importer, operation, count)
            : try importer.rows(try importer.float(try operation.required(0), operation), operation)
        let score = try product(&importer, operation, x, coefficients, [offset])
        guard try operation.int("one_class", default: 0) != 0 else {
            return importer.finish("Identity", operation, [score])
        }
        let isInside = importer.helper("Greater", operation, [score, importer.scalar(0, like: nil, operation)])
        importer.finish(
            "Where", operation,
            [isInside, importer.scalar(1, like: nil, operation), importer.scalar(-1, like: nil, operation)])
    }

    // MARK: Classes

    @Sendable private static func svmClassifier(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let classes = try ONNXClasses(operation, numbers: "classlabels_ints")
        let transform = try ONNXPostTransform(operation)
        let coefficients = try operation.floats("coefficients") ?? []
        let rho = try operation.floats("rho") ?? []
        let sizes = try operation.ints("vectors_per_class") ?? []
        guard sizes.contains(where: { $0 != 0 }) else {
            let x = try importer.rows(try importer.float(try operation.required(0), operation), operation)
            let addend = [Float](repeating: rho.first ?? 0, count: classes.count)
            let scores = try product(&importer, operation, x, coefficients, addend)
            let index = choice(&importer, operation, scores, coefficients, classes.count)
            try importer.answer(index, classes, operation)
            let result = importer.transformed(scores, transform, operation)
            return importer.finish("Identity", operation, [result], output: 1)
        }
        let machine = try ONNXPairs(sizes, coefficients, rho, classes: classes.count, limit: matrixLimit)
        let values = try kernel(&importer, operation, machine.vectors)
        let scores = try product(&importer, operation, values, machine.weights, machine.rho)
        let isFirst = importer.helper("Greater", operation, [scores, importer.scalar(0, like: nil, operation)])
        let won = importer.helper("Cast", operation, [isFirst], ["to": .dtype(.f32)], "won")
        let votes = try product(&importer, operation, won, machine.votes, machine.standing)
        try importer.answer(importer.largest(votes, operation), classes, operation)
        let result = try answers(&importer, operation, scores, machine, transform)
        importer.finish("Identity", operation, [result], output: 1)
    }

    /// The class of scores without support vectors: of two the second, as in onnxruntime, where a score is beyond what is taken
    /// for a yes.
    private static func choice(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ scores: String, _ coefficients: [Float],
        _ classes: Int
    ) -> String {
        let index = importer.largest(scores, operation)
        guard classes == 2 else { return index }
        let most = importer.helper(
            "ReduceMax", operation, [scores, importer.integers([1])], ["keepdims": .int(0)])
        let threshold: Float = coefficients.allSatisfy { $0 >= 0 } ? 0.5 : 0
        let isMore = importer.helper("Greater", operation, [most, importer.scalar(threshold, like: nil, operation)])
        return importer.helper("Where", operation, [isMore, importer.integers([1], shape: []), index])
    }

    /// The second output: probabilities, or the scores of pairs; of a single pair −s and s, or 1 − s and s.
    private static func answers(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ scores: String, _ machine: ONNXPairs,
        _ transform: ONNXPostTransform
    ) throws(ONNXRefusal) -> String {
        let (a, b) = (try operation.floats("prob_a") ?? [], try operation.floats("prob_b") ?? [])
        if a.isEmpty {
            if machine.classes == 2 { return importer.pair(scores, transform, isPart: transform != .none, operation) }
            return importer.transformed(scores, transform, operation)
        }
        guard a.count == machine.pairs, b.count == machine.pairs else {
            throw ONNXRefusal(
                .invalid, found: "\(a.count) prob_a, \(b.count) prob_b", expected: "\(machine.pairs), one a pair")
        }
        let inputs = [scores, importer.floats(a, operation), importer.floats(b, operation)]
        let result = importer.helper("PairwiseProbability", operation, inputs, ["classes": .int(machine.classes)])
        return importer.transformed(result, transform, operation)
    }
}

/// The machines of all pairs of classes as matrices.
struct ONNXPairs {
    let classes: Int
    let pairs: Int
    let vectors: Int
    /// A row a pair, an entry a support vector.
    private(set) var weights: [Float]
    let rho: [Float]
    /// A row a class, an entry a pair: what winning the pair means to the class, beside what losing it means.
    private(set) var votes: [Float]
    /// Votes of each class if the second of every pair wins.
    private(set) var standing: [Float]

    init(
        _ sizes: [Int], _ coefficients: [Float], _ rho: [Float], classes: Int, limit: Int
    ) throws(ONNXRefusal) {
        guard sizes.count == classes, classes >= 2, classes <= 4096, sizes.allSatisfy({ $0 >= 0 && $0 <= limit }) else {
            throw ONNXRefusal(
                .invalid, found: "vectors_per_class \(sizes.prefix(9)) for \(classes) classes", expected: "one a class")
        }
        let vectors = sizes.reduce(0, +)
        let pairs = classes * (classes - 1) / 2
        guard coefficients.count == vectors * (classes - 1), rho.count == pairs else {
            throw ONNXRefusal(
                .invalid, found: "\(coefficients.count) coefficients, \(rho.count) rho",
                expected: "\(vectors * (classes - 1)) and \(pairs)")
        }
        guard vectors <= limit / pairs, classes <= limit / pairs else {
            throw .use("\(pairs) pairs of classes with \(vectors) support vectors", "fewer")
        }
        (self.classes, self.pairs, self.vectors, self.rho) = (classes, pairs, vectors, rho)
        weights = Array(repeating: 0, count: pairs * vectors)
        votes = Array(repeating: 0, count: classes * pairs)
        standing = Array(repeating: 0, count: classes)
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        var pair = 0
        for first in 0..<classes {
            for second in first + 1..<classes {
                for vector in starts[first]..<starts[first + 1] {
                    weights[pair * vectors + vector] = coefficients[(second - 1) * vectors + vector]
                }
                for vector in starts[second]..<starts[second + 1] {
                    weights[pair * vectors + vector] = coefficients[first * vectors + vector]
                }
                votes[first * pairs + pair] = 1
                votes[second * pairs + pair] = -1
                standing[second] += 1
                pair += 1
            }
        }
    }
}
