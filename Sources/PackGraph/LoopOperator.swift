/// Operators that stand around the nodes of a loop, whose turns are counted while it runs. What is carried from turn to turn
/// keeps its type. The nodes between them, in the graph's order, are run in each turn, at least once; what they make is the
/// same in each turn unless it depends on what is carried. Attribute `loop` (int): a number of the pair's own.
public enum LoopOperator: String, Sendable, CaseIterable {
    /// Inputs: the number of turns, i64, or absent; whether there is a first turn, bool, or absent; the first values of what is
    /// carried. Outputs: the turn's number, i64 `[]`; whether there is a first turn, bool `[]`; what is carried, in this turn.
    case begin = "LoopBegin"
    /// Inputs: the number of turns or absent; the first two outputs of the begin; whether there is another turn, bool, of one
    /// element; what is carried, as the begin gives it; what is carried into the next turn. Outputs: the last values of
    /// what is carried, the first ones if there was no turn.
    case end = "LoopEnd"
}
