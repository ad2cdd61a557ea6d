// swift-tools-version: 6.2
import PackageDescription

// PACK_EMBEDDED=1 selects the C modules as the runtime links them, and nothing else; Scripts/runtime.sh adds its Swift.
let embedded = Context.environment["PACK_EMBEDDED"] == "1"

let toolSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// C is optimized in every configuration: it is measured and tested as it ships.
/// PACK_PRUNABLE makes every operator and kernel variant a weak slot that the bundle's link line ties.
func nativeSettings(_ optimization: String) -> [CSetting] {
    [.unsafeFlags([optimization, "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"])]
        + (embedded ? [.define("PACK_PRUNABLE")] : [])
}
let kernelSettings = nativeSettings("-O3")

/// PACK_STATIC=1 links the command as one static program: it starts in a quarter of the time, and runs where neither Swift nor
/// libarchive is installed. Tests are linked without, for their libraries are shared ones only.
let commandLinkerSettings: [LinkerSetting] =
    Context.environment["PACK_STATIC"] == "1"
    ? [
        .unsafeFlags(
            ["-static-executable", "-use-ld=lld"]
                + linked("FoundationEssentials", "_FoundationCShims", "_FoundationCollections")
                // What Debian's libarchive needs.
                + linked("archive", "z", "nettle", "acl", "lzma", "zstd", "lz4", "bz2"))
    ] : []

/// The linker's flags for libraries that need one another.
func linked(_ libraries: String...) -> [String] {
    ["-Xlinker", "--start-group"] + libraries.map { "-l\($0)" } + ["-Xlinker", "--end-group"]
}

/// An ordinary module of the tool.
func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: toolSettings)
}

/// A test target, named after what it tests.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: toolSettings)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let kernelTargets: [Target] = [
    .target(name: "CPackKernels", cSettings: kernelSettings),
    .target(name: "CPackSystem", cSettings: nativeSettings("-Os")),
]

/// Modules that are compiled into the runtime as well, there as one with `pack-run` (Scripts/runtime.sh): their internal names
/// must differ from module to module, and what they import of each other is not `public import`.
// Rows of the layer table in the README; a module depends only on rows above its own.
let runtimeModules: [Target] = [
    tool("PackCore", ["CPackKernels", "CPackSystem"]),
    tool("PackRuntime", ["PackCore", "CPackKernels", "CPackSystem"]),
    tool("PackTokenizers", ["PackCore"]),
    tool("PackServing", ["PackCore", "PackRuntime", "PackTokenizers", "CPackSystem"]),
]

let toolTargets: [Target] = [
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Loops that only `pack bench` needs; not in the runtime.
    .target(name: "CPackBench", dependencies: ["CPackKernels"], cSettings: kernelSettings),
    tool("PackIO", ["PackCore", "CPackSystem", crypto]),
    tool("PackFormats", ["PackCore", "PackIO", "CArchive", "CZlib"]),
    tool("PackGraph", ["PackCore", "PackIO"]),
    tool("PackImport", ["PackCore", "PackIO", "PackFormats", "PackGraph", "PackTokenizers"]),
    tool("PackPasses", ["PackCore", "PackIO", "PackGraph"]),
    tool("PackProfiles", ["PackCore", "PackIO", "CLibYAML"]),
    tool("PackDependencies", ["PackIO", "PackFormats", "CArchive", "CZlib"]),
    tool("PackPlanner", ["PackCore", "PackGraph", "PackIO", "PackRuntime", "CPackKernels", "CPackSystem"]),
    tool(
        "PackQuantize",
        ["CPackKernels", "PackCore", "PackGraph", "PackIO", "PackPlanner", "PackRuntime", "PackTokenizers"]),
    tool("PackFit", ["PackProfiles"]),
    tool("PackSimulation", ["PackCore"]),
    tool("PackBundle", ["PackIO", "PackProfiles", "CPackKernels", "CPackSystem", "CArchive", "CZlib"]),
    tool("PackReport"),
    tool(
        "PackLab",
        [
            "PackGraph", "PackCore", "PackIO", "PackFormats", "PackProfiles", "PackServing", "PackDependencies",
            "PackSimulation", "CPackSystem", "CArchive",
        ]),
    .executableTarget(
        name: "pack",
        dependencies: [
            "PackCore", "PackIO", "PackFormats", "PackGraph", "PackImport", "PackPasses", "PackProfiles", "PackPlanner",
            "PackDependencies", "PackQuantize", "PackFit", "PackBundle", "PackReport", "PackLab", "PackRuntime",
            "PackSimulation", "PackTokenizers",
            "PackServing", "CPackKernels", "CPackSystem", "CPackBench", argumentParser,
        ],
        swiftSettings: toolSettings, linkerSettings: commandLinkerSettings),
    tests("PackIOTests", ["PackIO"]),
    // Builds ONNX files for tests.
    .target(
        name: "WireBuilding", dependencies: ["PackFormats"], path: "Tests/WireBuilding", swiftSettings: toolSettings),
    tests("PackFormatsTests", ["PackCore", "PackIO", "PackFormats", "WireBuilding"]),
    tests(
        "PackImportTests",
        ["PackCore", "PackIO", "PackFormats", "PackGraph", "PackPasses", "PackImport", "PackLab", "WireBuilding"]),
    tests("PackGraphTests", ["PackCore", "PackGraph"]),
    tests("PackPassesTests", ["PackCore", "PackGraph", "PackPasses"]),
    // Checks in C, because they also run on arm64 under an emulator (Tests/kernels/arm64.sh).
    .target(
        name: "CKernelChecks", dependencies: ["CPackKernels"], path: "Tests/CKernelChecks", cSettings: kernelSettings),
    tests("PackQuantizeTests", ["PackQuantize", "PackPlanner"]),
    tests("PackKernelsTests", ["CPackKernels", "CKernelChecks"]),
    tests(
        "PackPlannerTests",
        [
            "CPackKernels", "PackCore", "PackIO", "PackFormats", "PackGraph", "PackImport", "PackPasses", "PackPlanner",
            "PackRuntime", "WireBuilding",
        ]),
    tests("PackServingTests", ["PackCore", "PackServing", "CPackSystem"]),
    tests("PackLabTests", ["PackCore", "PackLab", "PackServing", "CPackSystem"]),
    tests("PackSimulationTests", ["PackCore", "PackSimulation"]),
    tests("PackTokenizersTests", ["PackCore", "PackTokenizers", "PackImport", "PackIO"]),
    tests("PackProfilesTests", ["PackIO", "PackProfiles"]),
    tests("PackDependenciesTests", ["PackIO", "PackFormats", "PackDependencies", "CArchive"]),
    tests("PackFitTests", ["PackFit", "PackProfiles"]),
    tests("PackBundleTests", ["PackBundle", "PackIO", "PackProfiles", "CPackSystem", "Yams"]),
    tests("PackReportTests", ["PackReport"]),
    tests("PackCommandTests", ["pack", "PackIO", "PackFormats", "PackCore", "WireBuilding"]),
]

let package = Package(
    name: "pack",
    products: embedded
        ? [.library(name: "PackKernels", type: .static, targets: ["CPackKernels", "CPackSystem"])]
        : [.executable(name: "pack", targets: ["pack"])],
    dependencies: embedded
        ? []
        : [
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
            .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        ],
    targets: kernelTargets + (embedded ? [] : runtimeModules + toolTargets),
    cLanguageStandard: .gnu11
)
