/// Another runtime that a model can be measured with.
public enum Peer: String, CaseIterable, Sendable {
    case onnxruntime
    /// onnxruntime on what its optimizer for transformers makes of the model.
    case onnxruntimeFused = "onnxruntime-fused"
    case openvino
    /// PyTorch, with the architecture that `transformers` has; it takes model folders.
    case torch

    /// What `pip install` must be given for it to work.
    public var packages: String {
        switch self {
        case .onnxruntime: "onnxruntime onnx"
        case .onnxruntimeFused: "onnxruntime onnx sympy"
        case .openvino: "openvino nncf"
        case .torch: "torch transformers"
        }
    }
}
