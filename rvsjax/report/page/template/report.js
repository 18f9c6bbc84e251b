boot({ curves: drawCurves, maps: drawMaps, sparsity: drawSparsity });
