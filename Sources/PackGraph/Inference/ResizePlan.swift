import PackCore

/// How Resize changes each axis, from its attributes and its operands roi, scales and sizes.
package struct ResizePlan: Sendable {
    /// One axis that changes, or may.
    package struct Axis: Sendable {
        package let axis: Int
        /// The new extent; nil if it cannot be told.
        package var output: Dimension?
        /// New extent over old as the operands give it; nil: what the extents give.
        package var scale: Double?
        /// The part of the input that is taken, as fractions of it.
        package var start: Float = 0
        package var end: Float = 1
    }

    package var axes: [Axis] = []
    /// Whether nothing is left to be found when running: extents, scales and regions.
    package private(set) var isComplete = true

    /// Works out the axes, as far as operands are known.
    ///
    /// - Throws: `GraphError` for operands that do not go together.
    package init(
        _ node: Node, shape: [Dimension], roi: Constant?, scales: Constant?, sizes: [Dimension]?
    ) throws(GraphError) {
        _ = try node.choice("mode", ["nearest", "linear", "cubic"], default: "nearest")
        let crops = try node.string("coordinate_transformation_mode", default: "half_pixel") == "tf_crop_and_resize"
        let list = try node.ints("axes") ?? Array(shape.indices)
        for entry in list {
            let axis = entry < 0 ? entry &+ shape.count : entry
            guard shape.indices.contains(axis), !axes.contains(where: { $0.axis == axis }) else {
                throw GraphError(.wrongAttribute, node, found: "axes \(list)", expected: "axes of \(shape)")
            }
            axes.append(Axis(axis: axis))
        }
        if crops, let roi, roi.count > 0 {
            let values = try roi.floats()
            guard values.count == 2 * axes.count else {
                throw GraphError(.wrongShape, node, found: "\(values.count) bounds", expected: "\(2 * axes.count)")
            }
            for place in axes.indices {
                axes[place].start = values[place]
                axes[place].end = values[place + axes.count]
            }
        } else if crops {
            isComplete = false
        }
        if node.input(3) != nil, sizes?.isEmpty != true {
            guard let sizes else {
                isComplete = false
                return
            }
            guard sizes.count == axes.count else {
                throw GraphError(.wrongShape, node, found: "\(sizes.count) sizes", expected: "\(axes.count)")
            }
            try take(sizes, node, shape)
        } else {
            guard node.input(2) != nil else {
                throw GraphError(.wrongCount, node, found: "neither scales nor sizes", expected: "one of them")
            }
            guard let scales else {
                isComplete = false
                return
            }
            try take(try scales.floats(), node, shape)
        }
    }

    private mutating func take(_ sizes: [Dimension], _ node: Node, _ shape: [Dimension]) throws(GraphError) {
        let policy = try node.choice(
            "keep_aspect_ratio_policy", ["stretch", "not_larger", "not_smaller"], default: "stretch")
        for place in axes.indices { axes[place].output = sizes[place] }
        guard policy != 0 else { return }
        var ratios: [Double] = []
        for place in axes.indices {
            guard let size = sizes[place].constant, let extent = shape[axes[place].axis].constant, extent > 0 else {
                // The extents follow when running.
                for place in axes.indices { axes[place].output = nil }
                return isComplete = false
            }
            ratios.append(Double(size) / Double(extent))
        }
        guard let scale = policy == 1 ? ratios.min() : ratios.max() else { return }
        for place in axes.indices {
            let extent = Double(shape[axes[place].axis].constant ?? 0)
            axes[place].output = .constant(Int((scale * extent + 0.5).rounded(.down)))
            axes[place].scale = scale
        }
    }

    private mutating func take(_ scales: [Float], _ node: Node, _ shape: [Dimension]) throws(GraphError) {
        guard scales.count == axes.count, scales.allSatisfy({ $0 > 0 && $0 < 16_777_216 }) else {
            throw GraphError(.wrongShape, node, found: "scales \(scales)", expected: "\(axes.count) positive numbers")
        }
        for place in axes.indices {
            let scale = scales[place]
            let extent = shape[axes[place].axis]
            axes[place].scale = Double(scale)
            if let count = extent.constant {
                let product = Float(count) * scale
                guard product >= 0, product < 1e12 else {
                    throw GraphError(.wrongShape, node, found: "scale \(scale)", expected: "an extent below 10^12")
                }
                axes[place].output = .constant(Int(product))
            } else if scale >= 1, scale == scale.rounded() {
                axes[place].output = extent * .constant(Int(scale))
            } else if 1 / scale == (1 / scale).rounded(), 1 / scale < 16_777_216, scale > 0 {
                axes[place].output = extent / .constant(Int(1 / scale))
            }
        }
    }
}
