import PackCore
import PackGraph

extension Pass {
    /// (x − mean) / √(variance + epsilon) · gamma + beta over one axis, also as x · s + (beta − mean · s); then the same
    /// without beta.
    static let fuseLayerNorm = Pass("fuse-layer-norm", "Recognize layer normalization") {
        (rewriter: inout Rewriter) throws(GraphError) in
        for operators in [["Add", "Sub"], ["Mul", "Div"]] {
            for slot in rewriter.slots.indices {
                guard let node = rewriter.slots[slot], operators.contains(node.op),
                    let found = try rewriter.layerNorm(node), rewriter.isClosed(found.slots, anchor: slot)
                else { continue }
                guard try rewriter.apply(try rewriter.patch(found, slot, node)) else { return }
            }
        }
    }
}

private struct LayerNormMatch {
    var along: StatisticAxis
    var gamma: String
    var beta: String = ""
    var epsilon: Float = 0
    var slots: Set<Int>
}

extension Rewriter {
    /// The normalization over the last axis; another axis is brought there and back.
    fileprivate func patch(_ found: LayerNormMatch, _ slot: Int, _ node: Node) throws(GraphError) -> Patch {
        let path = path(found.slots.union([slot]))
        var patch = Patch(path)
        let gamma = try flat(found.gamma, &patch)
        let beta = found.beta.isEmpty ? "" : try flat(found.beta, &patch)
        var normal = Node(
            "LayerNormalization", name: path, inputs: [found.along.x, gamma, beta], outputs: node.outputs,
            attributes: ["axis": .int(-1), "epsilon": .float(found.epsilon)])
        let rank = found.along.shape.count
        let places = found.slots.subtracting([slot]).sorted()
        guard found.along.axis != rank - 1, places.count > 1 else {
            patch.nodes[slot] = normal
            return patch
        }
        // All matched nodes stand behind x.
        let order = (0..<rank).filter { $0 != found.along.axis } + [found.along.axis]
        let back = (0..<rank).map { axis in order.firstIndex(of: axis) ?? 0 }
        let names = ["turned", "normal"].map { freshValue("\(path).\($0)") }
        normal.inputs[0] = names[0]
        normal.outputs = [names[1]]
        let turn = { (name: String, input: String, outputs: [String], order: [Int]) in
            Node("Transpose", name: name, inputs: [input], outputs: outputs, attributes: ["perm": .ints(order)])
        }
        patch.nodes[places[0]] = turn("\(path).turned", found.along.x, [names[0]], order)
        patch.nodes[places[1]] = normal
        patch.nodes[slot] = turn("\(path).back", names[1], node.outputs, back)
        return patch
    }

    /// The name of a constant as a list; the patch gets it where there is none.
    func flat(_ name: String, _ patch: inout Patch) throws(GraphError) -> String {
        guard let constant = graph.constants[name], constant.shape != [constant.count] else { return name }
        let flat = name + ".flat"
        if graph.constants[flat]?.shape == [constant.count] { return flat }
        let fresh = freshValue(flat)
        patch.constants[fresh] = try Constant(constant.dtype, [constant.count], constant.storage)
        patch.unused.append(name)
        return fresh
    }

    fileprivate func layerNorm(_ node: Node) throws(GraphError) -> LayerNormMatch? {
        guard let output = node.outputs.first, let rank = shape(output)?.count, rank > 0 else { return nil }
        var terms = terms(of: output)
        let place = terms.positive.firstIndex { channels($0, rank: rank) != nil }
        guard place != nil || terms.slots.isEmpty else { return nil }
        let beta = place.map { terms.positive.remove(at: $0) }
        guard terms.positive.count == 1, terms.negative.count <= 1,
            var found = terms.negative.isEmpty
                ? centredProduct(terms.positive[0], rank) : splitProduct(terms.positive[0], terms.negative[0], rank),
            graph.types[output] == graph.types[found.along.x], repeatsWell(found.slots, found.along)
        else { return nil }
        found.slots.formUnion(terms.slots)
        guard let gamma = channels(found.gamma, rank: rank), fits(gamma, found.along) else { return nil }
        found.gamma = gamma.name
        guard let beta else { return found }
        guard let shift = channels(beta, rank: rank), fits(shift, found.along) else { return nil }
        found.beta = shift.name
        return found
    }

    /// A floating-point constant that varies along one axis at most: its name, that axis and how many numbers it has.
    func channels(_ value: String, rank: Int) -> (name: String, axis: Int, count: Int)? {
        guard let (name, constant) = weight(value), constant.count > 0, constant.shape.count <= rank else { return nil }
        let shape = Array(repeating: 1, count: rank - constant.shape.count) + constant.shape
        let axis = shape.firstIndex { $0 != 1 } ?? rank - 1
        return shape[axis] == constant.count ? (name, axis, constant.count) : nil
    }

    private func fits(_ found: (name: String, axis: Int, count: Int), _ along: StatisticAxis) -> Bool {
        found.count == along.count && (found.axis == along.axis || along.count == 1)
    }

    /// (x − mean) · s.
    private func centredProduct(_ value: String, _ rank: Int) -> LayerNormMatch? {
        var product = factors(of: value)
        guard let place = product.numerators.firstIndex(where: { maker($0)?.node.op == "Sub" }) else { return nil }
        guard let (along, slots) = centring(product.numerators.remove(at: place)) else { return nil }
        return scale(product, along, rank, slots)
    }

    /// x · s less mean · s.
    private func splitProduct(_ plus: String, _ minus: String, _ rank: Int) -> LayerNormMatch? {
        var (product, shift) = (factors(of: plus), factors(of: minus))
        guard product.scale == shift.scale, product.denominators == shift.denominators,
            let place = shift.numerators.firstIndex(where: { mean($0) != nil }),
            let (along, slots) = mean(shift.numerators[place]), isAligned(shift.numerators[place], along)
        else { return nil }
        shift.numerators.remove(at: place)
        guard let x = product.numerators.firstIndex(of: along.x) else { return nil }
        product.numerators.remove(at: x)
        guard product.numerators.sorted() == shift.numerators.sorted() else { return nil }
        return scale(product, along, rank, slots.union(shift.slots))
    }

    /// What is left of a product is gamma / √(variance + epsilon).
    private func scale(
        _ product: Factors, _ along: StatisticAxis, _ rank: Int, _ slots: Set<Int>
    ) -> LayerNormMatch? {
        var product = opened(product, rank)
        guard product.scale == 1, let place = product.numerators.firstIndex(where: { channels($0, rank: rank) != nil })
        else { return nil }
        let gamma = product.numerators.remove(at: place)
        guard let (variance, root) = root(product, along), let (slot, sum) = maker(variance, "Add") else { return nil }
        for (spread, constant) in orders(sum) {
            guard let epsilon = scalar(constant), epsilon > 0, let squares = self.variance(spread, of: along) else {
                continue
            }
            return LayerNormMatch(
                along: along, gamma: gamma, epsilon: epsilon,
                slots: slots.union(product.slots).union(root).union(squares).union([slot]))
        }
        return nil
    }

    /// The product with its factors taken apart even where they have other uses.
    private func opened(_ product: Factors, _ rank: Int) -> Factors {
        var result = Factors(scale: product.scale, denominators: product.denominators, slots: product.slots)
        for part in product.numerators {
            let more = scalar(part) == nil && channels(part, rank: rank) == nil ? factors(of: part) : Factors()
            guard !more.slots.isEmpty else {
                result.numerators.append(part)
                continue
            }
            result.scale *= more.scale
            result.numerators += more.numerators
            result.denominators += more.denominators
            result.slots.formUnion(more.slots)
        }
        return result
    }

    /// What 1 is divided by the root of: by Sqrt, or a power of ½ or −½.
    func root(_ product: Factors, _ along: StatisticAxis) -> (variance: String, slots: Set<Int>)? {
        guard product.numerators.count + product.denominators.count == 1,
            let value = product.denominators.first ?? product.numerators.first, isAligned(value, along)
        else { return nil }
        let (bare, moves) = skippingShapes(value)
        guard let (slot, node) = maker(bare), let variance = node.input(0) else { return nil }
        let exponent = node.op == "Sqrt" ? 0.5 : node.op == "Pow" ? node.input(1).flatMap(scalar) : nil
        let inner = skippingShapes(variance)
        let slots = moves.union(inner.slots).union([slot])
        if exponent == (product.denominators.isEmpty ? -0.5 : 0.5) { return (inner.value, slots) }
        // 1 / √(…) that is given another shape afterwards.
        let more = factors(of: bare)
        guard product.denominators.isEmpty, !moves.isEmpty, more.scale == 1, more.numerators.isEmpty,
            more.denominators.count == 1, let (deeper, root) = maker(more.denominators[0], "Sqrt"),
            let source = root.input(0)
        else { return nil }
        return (source, moves.union(more.slots).union([deeper]))
    }
}
