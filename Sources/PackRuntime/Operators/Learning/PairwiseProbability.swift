public import CPackKernels
import PackCore

/// Probabilities of classes from scores of pairs of classes (ONNX ai.onnx.ml `SVMClassifier` with prob_a and prob_b): scores f32 [N, P], a and
/// b f32 [P] give [N, C], where P = C(C − 1)/2.
///
/// The logistic function of a·score + b is the probability of the pair's second class; the classes' own are found as in "Probability
/// estimates for multi-class classification by pairwise coupling" (Wu, Lin, Weng, 2004), second method, in at most 100 rounds.
enum PairwiseProbability: Operator {
    private static let most = 4096

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let scores = try step.input(0)
        let out = try step.output()
        try out.require(.f32)
        for index in 0..<3 { try step.input(index).require(.f32) }
        guard scores.rank == 2, out.rank == 2, scores.extent(0) == out.extent(0) else { throw .shape }
        let classes = out.extent(1)
        guard classes >= 2, classes <= most, scores.extent(1) == classes * (classes - 1) / 2 else { throw .shape }
        for index in 1...2 { guard try step.input(index).count == scores.extent(1) else { throw .shape } }
        return (2 * classes + 1) * classes * 4
    }

    static func run(_ step: Step) throws(OperatorError) {
        let scores = try step.input(0)
        let output = try step.output()
        guard output.count > 0, let scratch = step.scratch else { return }
        let (from, to) = (scores.floats, output.floats)
        let (a, b) = (try step.input(1).floats, try step.input(2).floats)
        let classes = output.extent(1)
        let coupling = Coupling(
            classes: classes, pairs: scratch.assumingMemoryBound(to: Float.self))
        for row in 0..<output.extent(0) {
            var pair = 0
            for first in 0..<classes {
                for second in first + 1..<classes {
                    let value = from[row * scores.extent(1) + pair] * a[pair] + b[pair]
                    coupling.set(first, second, Float(1 / (1 + pack_math_exp(Double(value)))))
                    pair += 1
                }
            }
            if let start = to.baseAddress { coupling.solve(start + row * classes) }
        }
    }

    private struct Coupling {
        let classes: Int
        /// r[i, j]: how probable i is where it is i or j.
        let pairs: UnsafeMutablePointer<Float>
        private var q: UnsafeMutablePointer<Float> { pairs + classes * classes }
        private var product: UnsafeMutablePointer<Float> { q + classes * classes }

        func set(_ first: Int, _ second: Int, _ probability: Float) {
            let value = Swift.min(Swift.max(probability, 1e-7), 1 - 1e-7)
            pairs[first * classes + second] = value
            pairs[second * classes + first] = 1 - value
        }

        private func fill() {
            for i in 0..<classes {
                var diagonal: Float = 0
                for j in 0..<classes where j != i {
                    let other = pairs[j * classes + i]
                    diagonal += other * other
                    q[i * classes + j] = -other * pairs[i * classes + j]
                }
                q[i * classes + i] = diagonal
            }
        }

        /// Minimizes pᵀQp over the probabilities p.
        func solve(_ p: UnsafeMutablePointer<Float>) {
            fill()
            for i in 0..<classes { p[i] = 1 / Float(classes) }
            let tolerance = 0.005 / Float(classes)
            for _ in 0..<100 {
                var whole: Float = 0
                for i in 0..<classes {
                    var sum: Float = 0
                    for j in 0..<classes { sum += q[i * classes + j] * p[j] }
                    product[i] = sum
                    whole += p[i] * sum
                }
                var error: Float = 0
                for i in 0..<classes { error = Swift.max(error, (product[i] - whole).magnitude) }
                if error < tolerance { return }
                for i in 0..<classes { whole = improve(p, i, whole) }
            }
        }

        private func improve(_ p: UnsafeMutablePointer<Float>, _ i: Int, _ whole: Float) -> Float {
            let diagonal = q[i * classes + i]
            let change = (whole - product[i]) / diagonal
            let scale = 1 + change
            let result = (whole + change * (change * diagonal + 2 * product[i])) / scale / scale
            p[i] += change
            for j in 0..<classes {
                product[j] = (product[j] + change * q[i * classes + j]) / scale
                p[j] /= scale
            }
            return result
        }
    }
}

/// C entry of `PairwiseProbability`.
@c(pack_op_PairwiseProbability) public func packOperatorPairwiseProbability(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(PairwiseProbability.self, step, running) }
