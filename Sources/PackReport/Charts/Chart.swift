/// Numbers to be drawn. Only pages show charts: in other forms a report's tables have to say the same.
public struct Chart: Sendable {
    /// What it shows, with the unit.
    public var title: String
    /// How the numbers came about: measured or simulated, and what the spread is.
    public var note: String
    /// What is drawn.
    public var content: Content

    /// Makes a chart.
    public init(_ title: String, note: String, _ content: Content) {
        (self.title, self.note, self.content) = (title, note, content)
    }

    /// What is drawn.
    public enum Content: Sendable {
        /// A value a row, with its spread.
        case bars(Bars)
        /// Values along an axis.
        case lines(Lines)
    }

    /// What numbers are of, which says how they are written.
    public enum Unit: Sendable {
        case seconds
        case bytes
        case dollars
        case count
    }

    /// A limit that is drawn in.
    public struct Limit: Sendable {
        /// Where it is.
        public var value: Double
        /// What it is.
        public var label: String

        /// Makes a limit.
        public init(_ value: Double, _ label: String) { (self.value, self.label) = (value, label) }
    }

    /// Rows with a bar each.
    public struct Bars: Sendable {
        /// What the values are of.
        public var unit: Unit
        /// Whether each further step of the axis is ten times the last.
        public var isLogarithmic: Bool
        /// The rows, from the top.
        public var rows: [Row]
        /// Limits across all rows.
        public var limits: [Limit]

        /// Makes rows.
        public init(unit: Unit, isLogarithmic: Bool, rows: [Row], limits: [Limit] = []) {
            (self.unit, self.isLogarithmic, self.rows, self.limits) = (unit, isLogarithmic, rows, limits)
        }

        /// A bar from the beginning to `value`, and a line from `low` to `high`.
        public struct Row: Sendable {
            /// What it is the value of.
            public var label: String
            /// The value.
            public var value: Double
            /// The least that the spread shows.
            public var low: Double
            /// The most that the spread shows.
            public var high: Double
            /// Rows of one kind look alike: 0 to 5.
            public var kind: Int

            /// Makes a row.
            public init(_ label: String, _ value: Double, low: Double? = nil, high: Double? = nil, kind: Int) {
                (self.label, self.value, self.kind) = (label, value, kind)
                (self.low, self.high) = (low ?? value, high ?? value)
            }
        }
    }

    /// Lines over an axis.
    public struct Lines: Sendable {
        /// The axis from left to right.
        public var x: Axis
        /// The axis from below.
        public var y: Axis
        /// The lines.
        public var series: [Series]
        /// Limits from left to right.
        public var limits: [Limit]
        /// Moments, from below to the top.
        public var moments: [Limit]

        /// Makes lines.
        public init(x: Axis, y: Axis, series: [Series], limits: [Limit] = [], moments: [Limit] = []) {
            (self.x, self.y, self.series, self.limits, self.moments) = (x, y, series, limits, moments)
        }

        /// An axis.
        public struct Axis: Sendable {
            /// What it is of, with the unit.
            public var title: String
            /// How its numbers are written.
            public var unit: Unit
            /// Whether each further step is ten times the last.
            public var isLogarithmic: Bool

            /// Makes an axis.
            public init(_ title: String, _ unit: Unit, isLogarithmic: Bool = false) {
                (self.title, self.unit, self.isLogarithmic) = (title, unit, isLogarithmic)
            }
        }

        /// A line through points with ascending x.
        public struct Series: Sendable {
            /// What it is called.
            public var name: String
            /// Where it goes.
            public var points: [(x: Double, y: Double)]
            /// Lines of one kind look alike: 0 to 5.
            public var kind: Int

            /// Makes a line.
            public init(_ name: String, _ points: [(x: Double, y: Double)], kind: Int) {
                (self.name, self.points, self.kind) = (name, points, kind)
            }
        }
    }
}
