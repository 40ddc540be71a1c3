"""What ships and only runs forward: TFLite and ONNX files, functions of rows."""
