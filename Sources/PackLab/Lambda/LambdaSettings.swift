/// The limits and the surroundings that a bundle meets on Lambda.
public struct LambdaSettings: Sendable {
    /// Memory and processors of the function.
    public var size = InstanceSize(memory: 512 << 20)
    /// Seconds in which the share of the processors may be used up: what others have measured there, it is not documented.
    public var period = 0.02
    /// Bytes of `/tmp`.
    public var scratch: Int? = 512 << 20
    /// The largest unpacked bundle in bytes.
    public var unpackedLimit = 262_144_000
    /// Open files.
    public var descriptors = 1024
    /// Seconds until the runtime must ask for its first event.
    public var startTime = 10.0
    /// Seconds until an event must be answered.
    public var requestTime = 30.0
    /// The largest event in bytes.
    public var requestLimit = 6 * 1024 * 1024
    /// The largest answer in bytes.
    public var responseLimit = 6 * 1024 * 1024 + 100
    /// A static program that runs the bundle's program, such as `qemu-aarch64-static`; nil to run it directly.
    public var translator: String?
    /// More environment variables, as a user may set them.
    public var environment: [String: String] = [:]

    /// Today's limits of a zip function with 512 MB.
    public init() {}

    /// Exactly the variables that Lambda sets for an OS-only runtime, and the user's.
    func variables(folder: String, api: String) -> [String: String] {
        var variables = [
            "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
            "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:\(folder):\(folder)/lib:/opt/lib",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": folder,
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "pack-emulated",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(size.memory >> 20),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/pack-emulated",
            "AWS_LAMBDA_LOG_STREAM_NAME": "emulated",
            "AWS_LAMBDA_RUNTIME_API": api,
            "_HANDLER": "bootstrap",
        ]
        variables.merge(environment) { $1 }
        return variables
    }
}
