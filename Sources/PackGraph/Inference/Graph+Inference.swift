extension Graph {
    /// Finds element type and shape of every value.
    public mutating func inferTypes() throws(GraphError) {
        try validate()
    }
}
