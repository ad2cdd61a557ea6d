import Glibc
import PackCore

/// How long something takes, in seconds: what a simulation draws from.
public enum Distribution: Sendable, Equatable {
    /// Always the same.
    case constant(Double)
    /// Exponentially distributed around a mean, as queueing theory has it.
    case exponential(mean: Double)
    /// One of some measured values, each as likely as any other. None of them is zero seconds.
    case samples([Double])

    /// The next value.
    func draw(_ generator: inout SplitMix) -> Double {
        switch self {
        case .constant(let seconds): seconds
        case .exponential(let mean): generator.exponential(mean: mean)
        case .samples(let values):
            values.isEmpty ? 0 : values[Int(generator.uniform() * Double(values.count))]
        }
    }

    /// The mean, in seconds.
    public var mean: Double {
        switch self {
        case .constant(let seconds): seconds
        case .exponential(let mean): mean
        case .samples(let values): values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        }
    }

    /// The same with seconds added to each value; an exponential one stands for its mean then.
    public func adding(_ seconds: Double) -> Distribution {
        switch self {
        case .constant(let own): .constant(own + seconds)
        case .exponential(let mean): .constant(mean + seconds)
        case .samples(let values): values.isEmpty ? .constant(seconds) : .samples(values.map { $0 + seconds })
        }
    }
}

extension SplitMix {
    /// A number from 0 up to, not with, 1.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// An exponentially distributed number.
    mutating func exponential(mean: Double) -> Double { -log(1 - uniform()) * mean }
}
