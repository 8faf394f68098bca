helm test dvara
