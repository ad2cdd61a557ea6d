extension RuleCatalog {
    /// PK1xx.
    static let package = [
        Entry(
            "PK101", "package.zipped", "Size of the zip",
            "The zip is larger than the platform takes. Drop what is never used, make a bundle with pack slim, or upload the zip in the way that lifts the limit."
        ),
        Entry(
            "PK102", "package.unpacked", "Size of the unpacked files",
            "The files, with all layers, are more than the platform takes unpacked; compressing better does not help. Drop what is never used, make a bundle with pack slim, or deploy an image."
        ),
        Entry(
            "PK103", "package.layers", "Number of layers",
            "The function has more layers than the platform takes. Join layers, or move their files into the package."),
        Entry(
            "PK104", "package.files", "Number of files",
            "The package has more files than the platform takes. Drop what is never used, or put small files into one."),
        Entry(
            "PK105", "package.names", "Names of files",
            "Some names are lost or refused when the package is unpacked. Rename these files."),
        Entry(
            "PK106", "entry.point", "Entry point",
            "The platform finds nothing to start. Put an executable file bootstrap at the root of the zip for a runtime of your own, or name a handler for a managed runtime."
        ),
        Entry(
            "PK107", "image.size", "Size of the image",
            "The image is larger than the platform takes, all layers uncompressed. Start from a smaller base image and drop what is never used."
        ),
        Entry(
            "PK108", "disk", "Space on disk",
            "More is unpacked and written than the disk holds. Raise the disk's size where that can be set, or write less."
        ),
    ]

    /// PK2xx.
    static let running = [
        Entry(
            "PK201", "memory.peak", "Memory at the peak",
            "The peak is more than the largest memory setting. Quantize the weights, limit the length of inputs, or choose a platform with more memory."
        ),
        Entry(
            "PK202", "memory.files", "Files that count as memory",
            "What is written to files takes memory on this platform, and is more than there is. Write less, or map the files of the image instead of unpacking them."
        ),
        Entry(
            "PK203", "startup.time", "Time to start",
            "The program may not be ready in time. Import less at the start, use smaller weights, or measure the start with --measure."
        ),
        Entry(
            "PK204", "startup.gateway", "First request behind a gateway",
            "A gateway in front gives up before the first request is answered. Start faster, keep an instance warm, or call the function without the gateway."
        ),
        Entry(
            "PK205", "request.time", "Time of a request",
            "A request takes longer than the platform lets it. Quantize, limit the length of inputs, or give it more processors."
        ),
        Entry(
            "PK206", "request.size", "Size of a request",
            "Requests are larger than the platform takes. Send less at a time, or pass large inputs through storage."),
        Entry(
            "PK207", "response.size", "Size of an answer",
            "Answers are larger than the platform takes. Ask for fewer outputs, send a binary format, or stream."),
    ]

    /// PK3xx.
    static let platform = [
        Entry(
            "PK301", "isa", "Processor",
            "Compiled code is for a processor that the platform does not have, or needs features that it does not promise. Install the packages for the target: pip install --platform, or build on the target's architecture."
        ),
        Entry(
            "PK302", "libc", "C library",
            "Compiled code needs a newer or another C library than the platform has. Install the version or the wheel that is named, deploy an image with its own library, or choose a newer runtime."
        ),
        Entry(
            "PK303", "libraries", "Shared libraries",
            "A shared library that is needed is nowhere in the deployment. Add the package or the file that provides it."
        ),
        Entry(
            "PK304", "python", "Python release",
            "Compiled modules are for another Python than the runtime has. Install the wheels for the runtime's Python."
        ),
    ]
}
