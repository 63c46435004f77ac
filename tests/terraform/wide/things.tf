# Things, models, media, desks: IoT, SageMaker, video, language, contact centres, workspaces.

resource "aws_iam_role" "one" {
  name               = "wide-things"
  assume_role_policy = local.trust
}

resource "aws_s3_bucket" "one" { bucket = "wide-things" }

resource "aws_vpc" "one" { cidr_block = "10.65.0.0/16" }

resource "aws_subnet" "one" {
  count             = 2
  vpc_id            = aws_vpc.one.id
  cidr_block        = "10.65.${count.index}.0/24"
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)
}

resource "aws_security_group" "one" {
  name   = "wide-things"
  vpc_id = aws_vpc.one.id
}

resource "aws_iot_thing" "one" { name = "wide" }

resource "aws_iot_thing_type" "one" { name = "wide" }

resource "aws_iot_thing_group" "one" { name = "wide" }

resource "aws_iot_thing_group_membership" "one" {
  thing_name       = aws_iot_thing.one.name
  thing_group_name = aws_iot_thing_group.one.name
}

resource "aws_iot_billing_group" "one" { name = "wide" }

resource "aws_iot_certificate" "one" { active = true }

resource "aws_iot_policy" "one" {
  name   = "wide"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iot:*", Resource = "*" }] })
}

resource "aws_iot_policy_attachment" "one" {
  policy = aws_iot_policy.one.name
  target = aws_iot_certificate.one.arn
}

resource "aws_iot_thing_principal_attachment" "one" {
  thing     = aws_iot_thing.one.name
  principal = aws_iot_certificate.one.arn
}

resource "aws_iot_role_alias" "one" {
  alias    = "wide"
  role_arn = aws_iam_role.one.arn
}

resource "aws_iot_domain_configuration" "one" {
  name         = "wide"
  domain_name  = "iot.wide.example.com"
  service_type = "DATA"
}

resource "aws_iot_topic_rule" "one" {
  name        = "wide"
  enabled     = true
  sql         = "SELECT * FROM 'wide'"
  sql_version = "2016-03-23"
}

resource "aws_sagemaker_model_package_group" "one" { model_package_group_name = "wide" }

resource "aws_sagemaker_notebook_instance" "one" {
  name          = "wide"
  instance_type = "ml.t3.medium"
  role_arn      = aws_iam_role.one.arn
}

resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "one" { name = "wide" }

resource "aws_sagemaker_model" "one" {
  name               = "wide"
  execution_role_arn = aws_iam_role.one.arn
  primary_container { image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/wide:1" }
}

resource "aws_sagemaker_endpoint_configuration" "one" {
  name = "wide"
  production_variants {
    model_name             = aws_sagemaker_model.one.name
    initial_instance_count = 1
    instance_type          = "ml.t2.medium"
    variant_name           = "one"
  }
}

resource "aws_sagemaker_endpoint" "one" {
  name                 = "wide"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.one.name
}

resource "aws_sagemaker_domain" "one" {
  domain_name = "wide"
  auth_mode   = "IAM"
  vpc_id      = aws_vpc.one.id
  subnet_ids  = aws_subnet.one[*].id
  default_user_settings { execution_role = aws_iam_role.one.arn }
}

resource "aws_sagemaker_pipeline" "one" {
  pipeline_name         = "wide"
  pipeline_display_name = "wide"
  role_arn              = aws_iam_role.one.arn
  pipeline_definition   = jsonencode({ Version = "2020-12-01", Steps = [{ Name = "Stop", Type = "Fail", Arguments = { ErrorMessage = "stop" } }] })
}

resource "aws_sagemaker_feature_group" "one" {
  feature_group_name             = "wide"
  record_identifier_feature_name = "id"
  event_time_feature_name        = "at"
  role_arn                       = aws_iam_role.one.arn
  feature_definition {
    feature_name = "id"
    feature_type = "String"
  }
  feature_definition {
    feature_name = "at"
    feature_type = "String"
  }
  online_store_config { enable_online_store = true }
}

resource "aws_medialive_input" "one" {
  name                  = "wide"
  type                  = "RTP_PUSH"
  input_security_groups = ["1234567"]

  timeouts { create = "5s" }
}

# without aws_media_package_channel: the provider crashes on the answer (flattenHLSIngest)

resource "aws_media_packagev2_channel_group" "one" { name = "wide" }

resource "aws_media_store_container" "one" { name = "wide" }

resource "aws_ivs_channel" "one" { name = "wide" }

resource "aws_transcribe_vocabulary" "one" {
  vocabulary_name = "wide"
  language_code   = "en-US"
  phrases         = ["whose"]

  timeouts { create = "5s" }
}

resource "aws_transcribe_medical_vocabulary" "one" {
  vocabulary_name     = "wide-medical"
  language_code       = "en-US"
  vocabulary_file_uri = "s3://${aws_s3_bucket.one.bucket}/words.txt"

  timeouts { create = "5s" }
}

resource "aws_comprehend_document_classifier" "one" {
  name                 = "wide"
  data_access_role_arn = aws_iam_role.one.arn
  language_code        = "en"
  input_data_config { s3_uri = "s3://${aws_s3_bucket.one.bucket}/documents" }

  timeouts { create = "5s" }
}

resource "aws_comprehend_entity_recognizer" "one" {
  name                 = "wide"
  data_access_role_arn = aws_iam_role.one.arn
  language_code        = "en"
  input_data_config {
    entity_types { type = "ONE" }
    documents { s3_uri = "s3://${aws_s3_bucket.one.bucket}/documents" }
    entity_list { s3_uri = "s3://${aws_s3_bucket.one.bucket}/entities" }
  }

  timeouts { create = "5s" }
}

resource "aws_bedrockagent_agent" "one" {
  agent_name              = "wide"
  agent_resource_role_arn = aws_iam_role.one.arn
  foundation_model        = "anthropic.claude-v2"
  prepare_agent           = false
}

resource "aws_bedrockagent_knowledge_base" "one" {
  name     = "wide"
  role_arn = aws_iam_role.one.arn
  knowledge_base_configuration {
    type = "VECTOR"
    vector_knowledge_base_configuration { embedding_model_arn = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v1" }
  }
  storage_configuration {
    type = "OPENSEARCH_SERVERLESS"
    opensearch_serverless_configuration {
      collection_arn    = "arn:aws:aoss:eu-west-1:123456789012:collection/142bezjddq707i5stcrf"
      vector_index_name = "wide"
      field_mapping {
        vector_field   = "v"
        text_field     = "t"
        metadata_field = "m"
      }
    }
  }
}

resource "aws_lexv2models_bot" "one" {
  name                        = "wide"
  idle_session_ttl_in_seconds = 60
  role_arn                    = aws_iam_role.one.arn
  data_privacy { child_directed = false }
}

resource "aws_connect_instance" "one" {
  identity_management_type = "CONNECT_MANAGED"
  inbound_calls_enabled    = true
  outbound_calls_enabled   = true
  instance_alias           = "wide"
}

resource "aws_pinpoint_app" "one" { name = "wide" }

resource "aws_workspacesweb_browser_settings" "one" {
  browser_policy = jsonencode({ chromePolicies = { DefaultDownloadDirectory = { value = "/home" } } })
}

resource "aws_workspacesweb_network_settings" "one" {
  vpc_id             = aws_vpc.one.id
  subnet_ids         = aws_subnet.one[*].id
  security_group_ids = [aws_security_group.one.id]
}

resource "aws_workspacesweb_user_settings" "one" {
  copy_allowed     = "Enabled"
  download_allowed = "Enabled"
  paste_allowed    = "Enabled"
  print_allowed    = "Enabled"
  upload_allowed   = "Enabled"
}

resource "aws_kinesis_stream" "one" {
  name        = "amazon-workspaces-web-wide"
  shard_count = 1
}

resource "aws_workspacesweb_user_access_logging_settings" "one" { kinesis_stream_arn = aws_kinesis_stream.one.arn }

resource "aws_cloudhsm_v2_cluster" "one" {
  hsm_type   = "hsm1.medium"
  subnet_ids = aws_subnet.one[*].id
}

resource "aws_organizations_organization" "one" { feature_set = "ALL" }

resource "aws_organizations_organizational_unit" "one" {
  name      = "wide"
  parent_id = aws_organizations_organization.one.roots[0].id
}

resource "aws_organizations_account" "one" {
  name  = "wide"
  email = "account@wide.example.com"

  depends_on = [aws_organizations_organization.one]
}

resource "aws_organizations_policy" "one" {
  name       = "wide"
  content    = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
  depends_on = [aws_organizations_organization.one]
}
