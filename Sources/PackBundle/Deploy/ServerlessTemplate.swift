/// A template of the AWS Serverless Application Model with one function.
///
/// Fields: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>.
enum ServerlessTemplate {
    static func text(_ settings: DeploymentSettings, isImage: Bool) -> String {
        YAMLWriter.text(
            [template(settings, isImage: isImage)],
            heading: ContainerParts.heading(
                "an AWS SAM template", settings,
                use:
                    "There is nothing to build; from this folder:\n    sam deploy --guided --template-file template.yaml --stack-name "
                    + settings.name))
    }

    private static func template(_ settings: DeploymentSettings, isImage: Bool) -> YAMLNode {
        [
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": "AWS::Serverless-2016-10-31",
            "Description": .text("\(settings.name), a model bundled by pack for \(settings.target)"),
            "Resources": [
                "Model": ["Type": "AWS::Serverless::Function", "Properties": properties(settings, isImage: isImage)]
            ],
            "Outputs": [
                "FunctionArn": [
                    "Description": "The function, for aws lambda invoke.",
                    "Value": ["Fn::GetAtt": ["Model", "Arn"]],
                ]
            ],
        ]
    }

    private static func properties(_ settings: DeploymentSettings, isImage: Bool) -> YAMLNode {
        var fields: [(String, YAMLNode)] = [("PackageType", isImage ? "Image" : "Zip")]
        if isImage {
            fields.append(
                (
                    "ImageUri",
                    .noted(
                        "Lambda takes images from Amazon ECR alone, of the function's region. \(settings.image.why)",
                        .text(settings.image.value))
                ))
        } else {
            fields += [
                ("CodeUri", .noted("The bundle is uploaded as it is.", .text(settings.bundle))),
                ("Handler", .noted("The program in the bundle.", "bootstrap")),
                (
                    "Runtime",
                    .noted(
                        settings.runtime?.why ?? "The profile \(settings.target) names none.",
                        .text(settings.runtime?.value ?? "provided.al2023"))
                ),
            ]
        }
        fields += [
            ("Architectures", [.text(settings.arch ?? "x86_64")]),
            (
                "MemorySize",
                .noted(settings.memory.why, .number(settings.memory.value))
            ),
            (
                "Timeout",
                ContainerParts.number(settings.timeout)
            ),
        ]
        if let size = settings.storage.value {
            fields.append(
                (
                    "EphemeralStorage",
                    .noted(settings.storage.why, YAMLNode(.mapping([.init(key: "Size", value: .number(size))])))
                ))
        }
        fields.append(("ReservedConcurrentExecutions", .absent(settings.concurrency.why)))
        return YAMLNode(.mapping(fields.map { .init(key: $0, value: $1) }))
    }
}
